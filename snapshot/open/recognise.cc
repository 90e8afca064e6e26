#include "snapshot/open/recognise.h"

#include <algorithm>
#include <array>

#include "base/fd.h"

namespace recrank {
namespace {

using namespace std::string_view_literals;

constexpr std::array kCompressedMagics{"\x1f\x8b"sv, "BZh"sv, "\x28\xb5\x2f\xfd"sv,
                                       "\xfd\x37zXZ\0"sv};
constexpr std::string_view kZipMagic = "PK\3\4"sv;
constexpr std::string_view kTarMagic = "ustar"sv;
constexpr size_t kTarMagicOffset = 257;
// Most files of a node's home are told by so much; a binary one needs no more than the second.
constexpr size_t kFirstBytes = 4096;
constexpr size_t kBinaryBytes = size_t{33} << 10;

Wrapping wrapping_of(std::string_view head) {
  for (const std::string_view magic : kCompressedMagics) {
    if (head.starts_with(magic)) return Wrapping::kCompressed;
  }
  if (head.starts_with(kZipMagic)) return Wrapping::kArchive;
  const bool tar =
      head.size() > kTarMagicOffset && head.substr(kTarMagicOffset).starts_with(kTarMagic);
  return tar ? Wrapping::kArchive : Wrapping::kPlain;
}

// Logs are text: a binary file (there are thousands in a node's home) need not be read further.
bool is_text(std::string_view head) {
  return std::none_of(head.begin(), head.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t';
  });
}

Part part_by_name(const std::filesystem::path& name) {
  Part part = Part::kNo;
  for (const Format* format : formats()) {
    if (format->companion == nullptr) continue;
    const Part each = format->companion(name);
    if (each == Part::kNever) return each;
    if (each == Part::kYes) part = each;
  }
  return part;
}

bool speaks_of_evidence(std::string_view file_name) {
  for (const Format* format : formats()) {
    for (const std::string_view word : format->name_words) {
      if (file_name.find(word) != std::string_view::npos) return true;
    }
  }
  return false;
}

}  // namespace

Recognised recognise(const FileHead& head) {
  Recognised found;
  found.empty = head.bytes().empty();
  found.wrapping = wrapping_of(head.bytes());
  if (found.empty || found.wrapping != Wrapping::kPlain) return found;
  size_t earliest = 0;
  for (const Format* format : formats()) {
    if (format->recognise == nullptr) continue;
    const std::optional<size_t> line = format->recognise(head);
    if (!line || (found.format != nullptr && *line >= earliest)) continue;
    found.format = format;
    earliest = *line;
  }
  return found;
}

Recognised recognise_file(const std::filesystem::path& file) {
  return recognise_file(open_for_read(file).get(), file);
}

Recognised recognise_file(int fd, const std::filesystem::path& file) {
  std::string head(kFirstBytes, '\0');
  size_t size = 0;
  const auto fill = [&] {
    while (size < head.size()) {
      const size_t got =
          read_some_at(fd, head.data() + size, head.size() - size, size, file.string());
      if (got == 0) break;
      size += got;
    }
    head.resize(size);
  };
  fill();
  const Recognised found = recognise(FileHead(head, file));
  const bool unknown =
      found.format == nullptr && !found.empty && found.wrapping == Wrapping::kPlain;
  if (!unknown || size < kFirstBytes) return found;
  // Farther on lie a log's first whole line and an LMDB file's second meta page.
  head.resize(is_text(head) ? kRecogniseBytes : kBinaryBytes);
  fill();
  return recognise(FileHead(head, file));
}

std::string_view words_of(const Recognised& found) {
  if (found.format != nullptr) return found.format->words;
  if (found.empty) return "an empty file";
  switch (found.wrapping) {
    case Wrapping::kCompressed: return "a compressed file";
    case Wrapping::kArchive: return "an archive";
    case Wrapping::kPlain: break;
  }
  return "something of no known format";
}

bool may_be_evidence(const std::filesystem::path& name, std::string_view head) {
  const Part part = part_by_name(name);
  if (part == Part::kNever) return false;
  const Recognised found = recognise(FileHead(head));
  if (part == Part::kYes || found.format != nullptr) return true;
  // Not every compressed file of a node's home: only those whose names speak of evidence.
  const std::string file = name.filename().string();
  if (speaks_of_evidence(file)) return !found.empty;
  if (found.wrapping == Wrapping::kPlain) return false;
  constexpr std::array kArchives{".tar"sv, ".tgz"sv, ".tbz"sv, ".txz"sv, ".zip"sv};
  return std::any_of(kArchives.begin(), kArchives.end(),
                     [&](std::string_view word) { return file.find(word) != std::string::npos; });
}

}  // namespace recrank
