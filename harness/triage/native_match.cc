#include "harness/triage/native_match.h"

#include <algorithm>
#include <string>
#include <vector>

namespace recrank {
namespace {

constexpr size_t kFramesOfOneBuild = 2;

struct Native {
  std::string kind;                       // "SIGSEGV null", also with "in a thread:"
  std::vector<std::string_view> offsets;  // innermost first: "4faf767"
};

// "4faf767" of "bun@2dd82663+0x4faf767", also with a "*" behind it; empty: it names no offset.
std::string_view offset_of(std::string_view frame) {
  const size_t at = frame.rfind("+0x");
  if (at == std::string_view::npos) return {};
  const std::string_view digits = frame.substr(at + 3);
  return digits.substr(0, digits.find_first_not_of("0123456789abcdef"));
}

Native parse(std::string_view signature) {
  Native native;
  const size_t blank = signature.rfind(' ');
  if (blank == std::string_view::npos) return native;
  native.kind = signature.substr(0, blank);
  constexpr std::string_view kJump = "jump-to-";
  const size_t jump = native.kind.find(kJump);
  if (jump != std::string::npos) native.kind.erase(jump, kJump.size());
  std::string_view rest = signature.substr(blank + 1);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('<'), rest.size());
    const std::string_view frame = rest.substr(0, end);
    const std::string_view offset = offset_of(frame);
    if (offset.empty() && frame != "libc" && frame != "*") return {};
    if (!offset.empty()) native.offsets.push_back(offset);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return native;
}

// How many frames stand side by side when `skipped` of the innermost ones of `longer` have no
// counterpart, all equal; 0: some differ.
size_t equal_frames(const std::vector<std::string_view>& longer,
                    const std::vector<std::string_view>& other, size_t skipped) {
  if (longer.size() <= skipped) return 0;
  const size_t count = std::min(longer.size() - skipped, other.size());
  const auto begin = longer.begin() + static_cast<std::ptrdiff_t>(skipped);
  return std::equal(begin, begin + static_cast<std::ptrdiff_t>(count), other.begin()) ? count : 0;
}

}  // namespace

bool same_native_crash(std::string_view replayed, std::string_view logged, bool same_release) {
  const Native a = parse(replayed);
  const Native b = parse(logged);
  if (a.kind.empty() || a.kind != b.kind) return false;
  if (same_release && equal_frames(a.offsets, b.offsets, 0) > 0) return true;
  return std::max({equal_frames(a.offsets, b.offsets, 0), equal_frames(a.offsets, b.offsets, 1),
                   equal_frames(b.offsets, a.offsets, 1)}) >= kFramesOfOneBuild;
}

}  // namespace recrank
