#include "snapshot/open/unpack.h"

#include <fcntl.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "snapshot/io/archive_reader.h"
#include "snapshot/io/sparse_writer.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kEntriesMax = 1'000'000;
// An entry of zeroes takes no disk: its size needs a limit of its own. The largest databases of
// this field have some 100 GB.
constexpr uint64_t kEntryBytesMax = uint64_t{4} << 40;
constexpr uint64_t kDiskReserveBytes = uint64_t{64} << 20;  // left free for everybody else
// Enough of an entry to see what it is.
constexpr size_t kHeadBytes = size_t{64} << 10;

// What may still be written into the scratch directory.
class Budget {
 public:
  Budget(const fs::path& directory, std::string shown)
      : directory_(directory), shown_(std::move(shown)) {
    struct statvfs status {};
    if (::statvfs(directory.c_str(), &status) != 0) {
      throw_errno("cannot ask for the free space of " + directory.string(), errno);
    }
    const uint64_t free_bytes = uint64_t{status.f_bavail} * status.f_frsize;
    left_bytes_ = free_bytes > kDiskReserveBytes ? free_bytes - kDiskReserveBytes : 0;
  }

  void take(uint64_t bytes) {
    if (bytes > left_bytes_) {
      throw Error(ErrorCode::kIo, shown_ + ": unpacked it does not fit into the free space of " +
                                      directory_.parent_path().string() +
                                      "; set TMPDIR to a larger place");
    }
    left_bytes_ -= bytes;
  }

 private:
  fs::path directory_;
  std::string shown_;
  uint64_t left_bytes_ = 0;
};

// Collects the first bytes of an entry, so that it can be judged before a file is made for it.
struct Head {
  std::string bytes;
  std::optional<ArchiveReader::Piece> rest;  // the first piece that does not belong to `bytes`
};

Head read_head(ArchiveReader& reader) {
  Head head;
  while (head.bytes.size() < kHeadBytes) {
    auto piece = reader.read();
    if (!piece) return head;
    if (piece->offset != head.bytes.size()) {  // a hole
      head.rest = piece;
      return head;
    }
    head.bytes += piece->bytes;
  }
  head.rest = reader.read();
  return head;
}

void write_entry(ArchiveReader& reader, const Head& head, const fs::path& target,
                 const std::string& shown, Budget& budget) {
  const UniqueFd fd(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.valid()) throw_errno("cannot create " + target.string(), errno);
  SparseWriter out(fd.get(), target.string());
  uint64_t end = 0;
  uint64_t paid = 0;
  const auto write = [&](std::string_view bytes, uint64_t offset) {
    if (offset > kEntryBytesMax || bytes.size() > kEntryBytesMax - offset) {
      throw Error(ErrorCode::kInvalidData, shown + ": larger than " + format_bytes(kEntryBytesMax));
    }
    out.write_at(bytes, offset);
    budget.take(out.stored_bytes() - paid);
    paid = out.stored_bytes();
    end = std::max(end, offset + bytes.size());
  };
  write(head.bytes, 0);
  for (auto piece = head.rest; piece; piece = reader.read()) write(piece->bytes, piece->offset);
  out.finish(std::max(end, std::min(reader.entry_size().value_or(0), kEntryBytesMax)));
}

// The entry's place below `root`; nullopt for a name that says nothing (".").
std::optional<fs::path> safe_place(const fs::path& root, const std::string& name,
                                   const std::string& shown) {
  const fs::path path(name);
  fs::path relative;
  for (const fs::path& part : path) {
    if (part == ".." || path.is_absolute() || name.find('\0') != std::string::npos) {
      throw Error(ErrorCode::kInvalidData, shown + ": entry '" + printable(name, 300) +
                                               "' would be unpacked outside; refused");
    }
    if (!part.empty() && part != ".") relative /= part;
  }
  if (relative.empty()) return std::nullopt;
  return root / relative;
}

// Directories on the way come from us alone, so no link can lead outside.
void make_room(const fs::path& target, const std::string& shown) {
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  if (!error && fs::is_directory(fs::symlink_status(target, error))) {
    error = std::make_error_code(std::errc::is_a_directory);
  } else if (!error || error == std::errc::no_such_file_or_directory) {
    error.clear();
    fs::remove(target, error);  // an archive that was appended to: the later entry counts
  }
  if (error) {
    throw Error(ErrorCode::kInvalidData, shown + ": entry '" +
                                             printable(target.filename().string(), 300) +
                                             "' cannot be unpacked: " + error.message());
  }
}

// An archive that holds equal files once gives the others as links to the first. Both ends lie in
// `root`, and what was no evidence by its first name is none by its second.
void link_entry(const ArchiveEntry& entry, const fs::path& root, const fs::path& target,
                const std::string& shown) {
  // One that leads outside is left alone, as symbolic ones are.
  const fs::path link(entry.hard_link);
  if (link.is_absolute() || std::find(link.begin(), link.end(), "..") != link.end()) return;
  const auto source = safe_place(root, entry.hard_link, shown);
  std::error_code error;
  if (!source || *source == target) return;
  if (!fs::is_regular_file(fs::symlink_status(*source, error))) return;
  make_room(target, shown);
  fs::create_hard_link(*source, target, error);
  if (error) {
    throw Error(ErrorCode::kIo, shown + ": entry '" + printable(entry.name, 300) +
                                    "' cannot be linked: " + error.message());
  }
}

void extract_all(ArchiveReader& reader, const fs::path& root, const std::string& shown,
                 Budget& budget, std::optional<ArchiveEntry> entry) {
  for (size_t count = 0; entry; entry = reader.next()) {
    if (++count > kEntriesMax) {
      throw Error(ErrorCode::kInvalidData,
                  shown + ": more than " + std::to_string(kEntriesMax) + " entries");
    }
    const auto target = safe_place(root, entry->name, shown);
    if (target && !entry->hard_link.empty()) link_entry(*entry, root, *target, shown);
    if (!target || !entry->regular) continue;
    const Head head = read_head(reader);
    if (!may_be_evidence(*target, head.bytes)) continue;
    make_room(*target, shown);
    write_entry(reader, head, *target, shown, budget);
  }
}

}  // namespace

Unpacked unpack(const fs::path& file, const std::string& shown) {
  Unpacked out{.scratch = ScratchDir(), .path = {}};
  Budget budget(out.scratch.path(), shown);
  ArchiveReader reader(file, shown);
  auto entry = reader.next();
  if (entry && reader.only_compressed()) {
    const fs::path stem = file.stem();
    out.path = out.scratch.path() / (stem.empty() ? fs::path("unpacked") : stem);
    write_entry(reader, read_head(reader), out.path, shown, budget);
    return out;
  }
  if (!entry) throw Error(ErrorCode::kInvalidData, shown + ": packed, but nothing is in it");
  out.archive = true;
  out.path = out.scratch.path();
  extract_all(reader, out.path, shown, budget, std::move(entry));
  return out;
}

Recognised peek_compressed(const fs::path& file) {
  std::string head;
  try {
    ArchiveReader reader(file, file.string());
    if (!reader.next()) return {.empty = true};
    if (!reader.only_compressed()) return {.wrapping = Wrapping::kArchive};
    while (head.size() < kHeadBytes) {
      const auto piece = reader.read();
      if (!piece) break;
      head += piece->bytes;
    }
  } catch (const Error& error) {
    // What was unpacked before the damage says what it is; opening it will say what is wrong.
    if (error.code() != ErrorCode::kInvalidData) throw;
    if (head.empty()) return {};
  }
  return recognise(FileHead(head));
}

}  // namespace recrank
