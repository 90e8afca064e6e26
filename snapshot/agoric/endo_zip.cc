// Format: docs/formats/swingset-2024.md ("The zip of a bundle").
// Source: @endo/zip src/format-writer.js and src/format-reader.js.
#include "snapshot/agoric/endo_zip.h"

#include <zlib.h>

#include <cstdint>
#include <set>
#include <string>

#include "base/error.h"
#include "base/little_endian.h"
#include "base/text.h"

namespace recrank::agoric {
namespace {

constexpr std::string_view kLocalMark = "PK\x03\x04";
constexpr std::string_view kCentralMark = "PK\x01\x02";
constexpr std::string_view kEndMark = "PK\x05\x06";
constexpr size_t kLocalBytes = 30;
constexpr size_t kCentralBytes = 46;
constexpr size_t kEndBytes = 22;
// What the two headers of a member have in common, from "version needed" to "length of the extra
// field": one copy of the other.
constexpr size_t kSharedBytes = 26;
constexpr size_t kSharedInLocal = 4;
constexpr size_t kSharedInCentral = 6;
constexpr uint32_t kDirectory = 0x10;  // of the external attributes

class Reader {
 public:
  explicit Reader(std::string_view zip) : zip_(zip) {}

  std::vector<EndoZipMember> run() {
    read_end();
    std::vector<EndoZipMember> members;
    std::set<std::string_view> names;
    for (uint64_t i = 0; i < count_; ++i) {
      members.push_back(read_member());
      if (!names.insert(members.back().name).second) fail(central_, "a second member of its name");
      central_ += kCentralBytes + members.back().name.size();
    }
    if (local_ != directory_) fail(local_, "bytes that belong to no member");
    if (central_ != zip_.size() - kEndBytes) fail(central_, "bytes that belong to no member");
    return members;
  }

 private:
  [[noreturn]] static void fail(size_t at, const std::string& what) {
    throw Error(ErrorCode::kInvalidData, "the zip at byte " + std::to_string(at) + ": " + what);
  }
  [[nodiscard]] std::string_view bytes(size_t at, size_t size, size_t end) const {
    if (at > end || size > end - at) fail(at, "it ends inside a header or member");
    return zip_.substr(at, size);
  }

  // No comment may follow: only then does it stand where a reader that does not search looks.
  void read_end() {
    if (zip_.size() < kEndBytes) fail(0, "shorter than the end of a zip");
    const size_t at = zip_.size() - kEndBytes;
    const std::string_view end = zip_.substr(at);
    if (!end.starts_with(kEndMark)) fail(at, "not the end of a zip");
    count_ = read_u16(end, 8);
    const uint64_t size = read_u32(end, 12);
    const uint64_t offset = read_u32(end, 16);
    const bool one_part = read_u32(end, 4) == 0 && read_u16(end, 10) == count_;
    if (!one_part) fail(at, "the numbers of parts or members contradict each other");
    if (read_u16(end, 20) != 0) fail(at, "a comment");
    if (offset + size != at) fail(at, "the directory does not end where it says");
    directory_ = central_ = static_cast<size_t>(offset);
  }

  EndoZipMember read_member() {
    const size_t end = zip_.size() - kEndBytes;
    const std::string_view head = bytes(central_, kCentralBytes, end);
    if (!head.starts_with(kCentralMark)) fail(central_, "no entry of the directory");
    check_own_part(head);
    const std::string_view name = bytes(central_ + kCentralBytes, read_u16(head, 28), end);
    const std::string_view local = bytes(local_, kLocalBytes, directory_);
    const bool here = read_u32(head, 42) == local_ && local.starts_with(kLocalMark);
    if (!here) fail(central_, printable(name, 200) + " does not begin where it says");
    if (local.substr(kSharedInLocal, kSharedBytes) != head.substr(kSharedInCentral, kSharedBytes) ||
        bytes(local_ + kLocalBytes, name.size(), directory_) != name) {
      fail(central_, printable(name, 200) + " is described otherwise where it lies");
    }
    const size_t begin = local_ + kLocalBytes + name.size();
    const std::string_view content = bytes(begin, read_u32(head, 20), directory_);
    check_content(head, name, content);
    local_ = begin + content.size();
    return {name, content};
  }

  // What only the directory says of a member. One writer made them all: program, attributes alike.
  void check_own_part(std::string_view head) {
    if (read_u16(head, 30) != 0 || read_u16(head, 32) != 0) fail(central_, "an extra field");
    if (read_u16(head, 34) != 0) fail(central_, "it lies in another part");
    if ((read_u32(head, 38) & kDirectory) != 0) fail(central_, "a directory");
    const std::string made(std::string(head.substr(4, 2)) + std::string(head.substr(36, 6)));
    if (made_.empty()) made_ = made;
    if (made != made_) fail(central_, "made by another program than the members before it");
  }

  void check_content(std::string_view head, std::string_view name, std::string_view content) const {
    const std::string who = printable(name, 200);
    const bool stored =
        read_u16(head, 8) == 0 && read_u16(head, 10) == 0 && read_u32(head, 24) == content.size();
    if (!stored) fail(central_, who + " is packed, or encrypted");
    const auto crc = static_cast<uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
    if (crc != read_u32(head, 16)) fail(central_, who + " has another CRC-32 than recorded");
  }

  std::string_view zip_;
  uint64_t count_ = 0;
  size_t directory_ = 0;  // where it begins
  size_t central_ = 0;    // the next entry of it
  size_t local_ = 0;      // the next member: they lie without a gap
  std::string made_;
};

}  // namespace

std::vector<EndoZipMember> read_endo_zip(std::string_view zip) { return Reader(zip).run(); }

}  // namespace recrank::agoric
