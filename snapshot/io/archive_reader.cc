#include "snapshot/io/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"

namespace recrank {

// What libarchive calls. No exception may pass through its C frames.
struct ArchiveCallbacks {
  static la_ssize_t read(archive* handle, void* data, const void** buffer) {
    auto& reader = *static_cast<ArchiveReader*>(data);
    try {
      const std::string_view bytes = reader.source_.read();
      *buffer = bytes.data();
      return static_cast<la_ssize_t>(bytes.size());
    } catch (const std::exception&) {
      reader.pending_ = std::current_exception();
      archive_set_error(handle, EIO, "reading failed");
      return -1;
    }
  }

  static la_int64_t seek(archive* /*handle*/, void* data, la_int64_t offset, int whence) {
    PackedSource& source = static_cast<ArchiveReader*>(data)->source_;
    int64_t base = 0;
    if (whence == SEEK_CUR) base = static_cast<int64_t>(source.position());
    if (whence == SEEK_END) base = static_cast<int64_t>(source.size());
    if (base + offset < 0) return ARCHIVE_FATAL;
    source.seek(static_cast<uint64_t>(base + offset));
    return base + offset;
  }
};

ArchiveReader::ArchiveReader(const std::filesystem::path& file, std::string shown)
    : source_(open_for_read(file), std::move(shown)), archive_(archive_read_new()) {
  if (archive_ == nullptr) throw Error(ErrorCode::kIo, source_.shown() + ": archive_read_new");
  try {
    // Never filter_all: it would start programs that happen to be installed.
    check(archive_read_support_filter_bzip2(archive_), "archive_read_support_filter_bzip2");
    check(archive_read_support_filter_xz(archive_), "archive_read_support_filter_xz");
    check(archive_read_support_filter_zstd(archive_), "archive_read_support_filter_zstd");
    check(archive_read_support_format_tar(archive_), "archive_read_support_format_tar");
    check(archive_read_support_format_zip(archive_), "archive_read_support_format_zip");
    check(archive_read_support_format_raw(archive_), "archive_read_support_format_raw");
    check(archive_read_support_format_empty(archive_), "archive_read_support_format_empty");
    archive_read_set_callback_data(archive_, this);
    archive_read_set_read_callback(archive_, &ArchiveCallbacks::read);
    if (source_.can_seek()) archive_read_set_seek_callback(archive_, &ArchiveCallbacks::seek);
    check(archive_read_open1(archive_), "archive_read_open1");
  } catch (...) {
    archive_read_free(archive_);
    throw;
  }
}

ArchiveReader::~ArchiveReader() { archive_read_free(archive_); }

void ArchiveReader::check(int code, const char* function) {
  if (pending_) std::rethrow_exception(std::exchange(pending_, nullptr));
  // A warning is about something small (a name in another character set); the data are good.
  if (code >= ARCHIVE_WARN) return;
  const char* text = archive_error_string(archive_);
  const std::string entry = name_.empty() ? "" : "entry '" + printable(name_, 300) + "': ";
  throw Error(ErrorCode::kInvalidData, source_.shown() + ": " + entry +
                                           (text != nullptr ? text : "damaged") + " (" + function +
                                           ", byte " + std::to_string(source_.position()) + " of " +
                                           std::to_string(source_.size()) + ")");
}

std::optional<ArchiveEntry> ArchiveReader::next() {
  name_.clear();
  const int code = archive_read_next_header(archive_, &entry_);
  check(code, "archive_read_next_header");
  if (code == ARCHIVE_EOF) {
    require_end_mark();
    return std::nullopt;
  }
  if (only_compressed()) {
    // libarchive takes a head that is cut off for plain bytes.
    if (source_.can_seek() && archive_filter_code(archive_, 0) == ARCHIVE_FILTER_NONE) {
      throw Error(ErrorCode::kInvalidData,
                  source_.shown() + ": neither an archive nor compressed: its head is damaged");
    }
    return ArchiveEntry{"", true};
  }
  const char* name = archive_entry_pathname(entry_);
  if (name == nullptr) name = archive_entry_pathname_utf8(entry_);
  name_ = name != nullptr ? name : "";
  const char* const link = archive_entry_hardlink(entry_);
  if (link != nullptr) return ArchiveEntry{name_, false, link};
  return ArchiveEntry{name_, archive_entry_filetype(entry_) == AE_IFREG};
}

// A tar ends with blocks of zeroes. libarchive does without them, and one that was cut off between
// two of its entries would lose a -wal, or the newest log, and be read as if it were whole.
void ArchiveReader::require_end_mark() const {
  const int format = archive_format(archive_) & ARCHIVE_FORMAT_BASE_MASK;
  const bool passed_blocks =
      archive_filter_bytes(archive_, 0) > archive_read_header_position(archive_);
  if (format != ARCHIVE_FORMAT_TAR || passed_blocks) return;
  throw Error(ErrorCode::kInvalidData,
              source_.shown() +
                  ": the tar ends without its end mark, as one that was cut off does "
                  "(take another copy of it)");
}

bool ArchiveReader::only_compressed() const {
  return (archive_format(archive_) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_RAW;
}

std::optional<ArchiveReader::Piece> ArchiveReader::read() {
  const void* data = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  const int code = archive_read_data_block(archive_, &data, &size, &offset);
  check(code, "archive_read_data_block");
  if (code == ARCHIVE_EOF) return std::nullopt;
  if (offset < 0) throw Error(ErrorCode::kInvalidData, source_.shown() + ": a negative offset");
  return Piece{std::string_view(static_cast<const char*>(data), size),
               static_cast<uint64_t>(offset)};
}

std::optional<uint64_t> ArchiveReader::entry_size() const {
  if (entry_ == nullptr || archive_entry_size_is_set(entry_) == 0) return std::nullopt;
  const la_int64_t size = archive_entry_size(entry_);
  if (size < 0) return std::nullopt;
  return static_cast<uint64_t>(size);
}

}  // namespace recrank
