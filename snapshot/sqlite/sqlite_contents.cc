#include "snapshot/sqlite/sqlite_contents.h"

#include <system_error>

#include "base/fd.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

// The schema is written first, so it lies in front; that of a node has some 4 KB.
constexpr size_t kHeadBytes = size_t{64} << 10;

std::string head_of(const fs::path& file) {
  const UniqueFd fd = open_for_read(file);
  std::string head(kHeadBytes, '\0');
  size_t size = 0;
  while (size < head.size()) {
    const size_t got =
        read_some_at(fd.get(), head.data() + size, head.size() - size, size, file.string());
    if (got == 0) break;
    size += got;
  }
  head.resize(size);
  return head;
}

}  // namespace

bool looks_like_sqlite(std::string_view head) {
  using namespace std::string_view_literals;
  return head.starts_with("SQLite format 3\0"sv);
}

bool sqlite_speaks_of(const fs::path& file, std::string_view table) {
  std::string text = head_of(file);
  std::error_code error;
  const fs::path real = fs::canonical(file, error);  // a -wal lies beside the file, not the link
  const fs::path wal = real.string() + "-wal";
  if (fs::is_regular_file(fs::symlink_status(wal, error))) text += head_of(wal);
  return text.find(table) != std::string::npos;
}

std::set<std::string, std::less<>> columns_of(const SqliteDb& db, std::string_view table) {
  std::set<std::string, std::less<>> columns;
  Statement plain(db, "SELECT 1 FROM sqlite_schema WHERE type='table' AND name=?1 AND rootpage>0");
  plain.bind(1, table);
  if (!plain.step()) return columns;
  Statement query(db, "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden=0");
  query.bind(1, table);
  while (query.step()) columns.emplace(query.text(0));
  return columns;
}

}  // namespace recrank
