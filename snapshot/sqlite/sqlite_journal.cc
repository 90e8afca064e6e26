// Format: docs/formats/swingset-2024.md, "A rollback journal"
#include "snapshot/sqlite/sqlite_journal.h"

#include <fcntl.h>

#include <array>
#include <cstring>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";
constexpr uint64_t kTailBytes = 16;       // length, checksum, magic
constexpr uint64_t kPageNumberBytes = 4;  // of a page that is none
constexpr uint64_t kNameBytesMax = 64 << 10;
constexpr size_t kShownBytes = 300;

uint64_t big_endian_32(const char* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 4; ++i) value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  return value;
}

void copy_one(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::copy_file(from, to, failed);
  if (!failed) return;
  throw Error(ErrorCode::kIo,
              "cannot copy " + from.string() + " to " + to.string() + ": " + failed.message());
}

}  // namespace

fs::path journal_of(const fs::path& database) { return database.string() + "-journal"; }

bool has_hot_journal(const fs::path& database) {
  const fs::path journal = journal_of(database);
  const UniqueFd fd(::open(journal.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return false;
  // A journal that is done with is empty or begins with a zeroed head.
  char first = 0;
  return read_some_at(fd.get(), &first, 1, 0, journal.string()) == 1 && first != 0;
}

std::optional<SuperJournal> super_journal_of(const fs::path& journal) {
  const std::string shown = journal.string();
  const UniqueFd fd = open_for_read(journal);
  const uint64_t size = file_size(fd.get(), shown);
  if (size < kTailBytes + kPageNumberBytes) return std::nullopt;
  std::array<char, kTailBytes> tail{};
  read_exactly_at(fd.get(), tail.data(), tail.size(), size - kTailBytes, shown);
  if (std::string_view(tail.data() + 8, 8) != kMagic) return std::nullopt;
  const uint64_t length = big_endian_32(tail.data());
  if (length == 0) return std::nullopt;
  if (length > kNameBytesMax || length > size - kTailBytes - kPageNumberBytes) {
    throw Error(ErrorCode::kInvalidData, shown + ": byte " + std::to_string(size - kTailBytes) +
                                             ": the name of a super-journal has " +
                                             std::to_string(length) +
                                             " bytes there; get another copy of it");
  }
  SuperJournal super{std::string(length, '\0'), size - kTailBytes - length - kPageNumberBytes};
  read_exactly_at(fd.get(), super.name.data(), length, super.record_at + kPageNumberBytes, shown);
  return super;
}

void copy_with_hot_journal(const fs::path& database, const fs::path& to) {
  const fs::path journal = journal_of(database);
  const std::optional<SuperJournal> super = super_journal_of(journal);
  if (super) {
    // SQLite makes it beside one of the databases. While it is there nothing is committed; where it
    // is not, it may have been removed by the commit, or not been copied along.
    std::error_code absent;
    const fs::path beside = database.parent_path() / fs::path(super->name).filename();
    if (!fs::is_regular_file(fs::symlink_status(beside, absent))) {
      throw Error(ErrorCode::kInvalidData,
                  journal.string() + ": byte " + std::to_string(super->record_at) +
                      ": the transaction ran over several databases, and their super-journal " +
                      printable(super->name, kShownBytes) +
                      " does not lie beside this one, so nobody can tell whether it was committed; "
                      "copy it there if the machine still has it");
    }
  }
  copy_one(database, to);
  copy_one(journal, journal_of(to));
  if (!super) return;
  // Without the record it is a journal of one database, and names no other file.
  std::error_code failed;
  fs::resize_file(journal_of(to), super->record_at, failed);
  if (failed) throw Error(ErrorCode::kIo, "cannot write " + to.string() + ": " + failed.message());
}

}  // namespace recrank
