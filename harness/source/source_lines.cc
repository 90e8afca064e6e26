#include "harness/source/source_lines.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include "base/beneath.h"
#include "base/error.h"
#include "base/fd.h"

namespace recrank {
namespace {

constexpr uint64_t kSourceBytesMax = uint64_t{16} << 20;

std::optional<std::string> read_beneath(const Beneath& root, const std::filesystem::path& path) {
  const UniqueFd file(root.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat about {};
  if (!file.valid() || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) {
    return std::nullopt;
  }
  const auto size = static_cast<uint64_t>(about.st_size);
  if (size > kSourceBytesMax) return std::nullopt;
  std::string text(size, '\0');
  text.resize(read_some_at(file.get(), text.data(), text.size(), 0, path.string()));
  return text;
}

// "a/b/c.js": "a/b/c.js", "b/c.js", "c.js".
std::vector<std::filesystem::path> ends_of(std::string_view path) {
  std::vector<std::filesystem::path> parts;
  for (const std::filesystem::path& part : std::filesystem::path(path).relative_path()) {
    if (part == "..." || part == "..") {
      parts.clear();
    } else if (part != ".") {
      parts.push_back(part);
    }
  }
  std::vector<std::filesystem::path> ends;
  for (size_t first = 0; first < parts.size(); ++first) {
    std::filesystem::path end;
    for (size_t i = first; i < parts.size(); ++i) end /= parts[i];
    ends.push_back(std::move(end));
  }
  return ends;
}

}  // namespace

std::optional<SourceExcerpt> excerpt_of(std::string_view text, uint64_t line) {
  if (line == 0) return std::nullopt;
  SourceExcerpt excerpt{"", line > kLinesAround ? line - kLinesAround : 1, {}};
  size_t at = 0;
  for (uint64_t number = 1; at <= text.size() && number <= line + kLinesAround; ++number) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (number >= excerpt.first_line) excerpt.lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (excerpt.first_line + excerpt.lines.size() <= line) return std::nullopt;
  return excerpt;
}

std::optional<SourceExcerpt> excerpt_of_checkout(const std::filesystem::path& root,
                                                 std::string_view path, uint64_t line) {
  const Beneath beneath(root);
  for (const std::filesystem::path& end : ends_of(path)) {
    const std::optional<std::string> text = read_beneath(beneath, end);
    if (!text) continue;
    std::optional<SourceExcerpt> excerpt = excerpt_of(*text, line);
    if (!excerpt) continue;
    excerpt->file = (root / end).string();
    return excerpt;
  }
  return std::nullopt;
}

}  // namespace recrank
