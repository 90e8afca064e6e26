#include "snapshot/capture/copy_database.h"

#include <system_error>

#include "base/error.h"
#include "base/file_mode.h"
#include "snapshot/lmdb/lmdb_copy.h"
#include "snapshot/open/recognise.h"
#include "snapshot/sqlite/sqlite_copy.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

Found find_database(const fs::path& source) {
  std::error_code ignored;  // what cannot be asked for cannot be opened either, with a better text
  if (fs::is_directory(source, ignored)) return find_recording(source, source.string());
  const Recognised seen = recognise_file(source);
  const bool packed = seen.wrapping != Wrapping::kPlain;
  if (packed || seen.format != nullptr) return Found{seen.format, source, packed};
  throw Error(ErrorCode::kInvalidData, source.string() + ": not a database but " +
                                           std::string(words_of(seen)) + "; " + accepted_text());
}

}  // namespace

DatabaseCopy copy_database(const fs::path& source, const fs::path& destination) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(destination, error))) {
    throw Error(ErrorCode::kUsage,
                destination.string() + " is there already; a copy replaces nothing");
  }
  const Found found = find_database(source);
  if (found.packed) {
    throw Error(ErrorCode::kUsage, found.path.string() +
                                       ": packed, so no process uses it; "
                                       "copy the file itself");
  }
  const OwnerOnly owner_only(readable_by_all(found.path));
  DatabaseCopy copy{.kind = std::string(found.format->name), .source = found.path};
  switch (found.format->database) {
    case Database::kLmdb: copy.live = copy_lmdb_consistently(found.path, destination).live; break;
    case Database::kSqlite:
      copy.live = sqlite_in_use(found.path);
      copy_sqlite_consistently(found.path, destination);
      break;
    case Database::kNone:
      throw Error(ErrorCode::kUsage,
                  found.path.string() + ": a " + copy.kind + " is no database; copy it as files");
  }
  copy.bytes = fs::file_size(destination, error);
  return copy;
}

}  // namespace recrank
