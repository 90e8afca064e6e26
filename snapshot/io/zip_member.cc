#include "snapshot/io/zip_member.h"

#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <memory>
#include <mutex>

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};
using ArchivePtr = std::unique_ptr<archive, FreeArchive>;

[[noreturn]] void fail(archive* a, const char* function) {
  const char* text = archive_error_string(a);
  throw Error(ErrorCode::kInvalidData,
              std::string(function) + ": " + printable(text != nullptr ? text : "failed", 200));
}

std::string read_member(archive* a, const std::string& name) {
  std::string content;
  std::array<char, 1 << 14> piece{};
  for (;;) {
    const la_ssize_t got = archive_read_data(a, piece.data(), piece.size());
    if (got < 0) fail(a, "archive_read_data");  // a wrong checksum as well (ARCHIVE_WARN)
    if (got == 0) return content;
    content.append(piece.data(), static_cast<size_t>(got));
    if (content.size() > kZipMemberBytesMax) {
      throw Error(ErrorCode::kInvalidData, "zip member " + printable(name, 200) + " is too large");
    }
  }
}

}  // namespace

void for_each_zip_member(
    std::string_view zip,
    const std::function<void(const std::string& name, const std::string& content)>& visit) {
  // libarchive turns the members' times into local time, that is, it reads and sets the time zone
  // of the whole process. Bundles are small: one thread at a time.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const ArchivePtr a(archive_read_new());
  if (a == nullptr) throw Error(ErrorCode::kIo, "archive_read_new: out of memory");
  if (archive_read_support_format_zip(a.get()) != ARCHIVE_OK) {
    fail(a.get(), "archive_read_support_format_zip");
  }
  if (archive_read_open_memory(a.get(), zip.data(), zip.size()) != ARCHIVE_OK) {
    fail(a.get(), "archive_read_open_memory");
  }
  for (;;) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(a.get(), &entry);
    if (result == ARCHIVE_EOF) return;
    if (result != ARCHIVE_OK) fail(a.get(), "archive_read_next_header");
    const char* path = archive_entry_pathname(entry);
    const std::string name = path != nullptr ? path : "";
    visit(name, read_member(a.get(), name));
  }
}

}  // namespace recrank
