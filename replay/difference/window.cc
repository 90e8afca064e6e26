#include "replay/difference/window.h"

#include <algorithm>

namespace recrank {
namespace {

constexpr size_t kSequenceMax = 4;     // bytes of a UTF-8 sequence
constexpr size_t kNotWorthAMark = 24;  // so few bytes are shown rather than counted

bool continues(std::string_view text, size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

// The beginning of the sequence that `at` lies in. Bytes that are no UTF-8 are left as they are.
size_t back_to_boundary(std::string_view text, size_t at) {
  size_t begin = at;
  while (begin > 0 && at - begin < kSequenceMax && continues(text, begin)) --begin;
  return continues(text, begin) ? at : begin;
}

size_t on_to_boundary(std::string_view text, size_t at) {
  size_t end = at;
  while (end - at < kSequenceMax && continues(text, end)) ++end;
  return continues(text, end) ? at : end;
}

size_t common_suffix(std::string_view a, std::string_view b, size_t most) {
  size_t size = 0;
  while (size < most && a[a.size() - 1 - size] == b[b.size() - 1 - size]) ++size;
  return size;
}

Window window_of(std::string_view text, size_t begin, size_t differs_until, size_t bytes) {
  const size_t around = bytes / 4;
  size_t end = std::min(text.size(), differs_until + around);
  if (text.size() - end <= kNotWorthAMark) end = text.size();
  if (end - begin > bytes + kNotWorthAMark) end = begin + bytes;
  end = on_to_boundary(text, end);
  return {begin, std::string(text.substr(begin, end - begin)), text.size() - end,
          end >= differs_until};
}

size_t common_prefix(std::string_view a, std::string_view b) {
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<size_t>(differ.first - a.begin());
}

}  // namespace

Windows windows_around_difference(std::string_view expected, std::string_view got, size_t bytes) {
  const size_t prefix = common_prefix(expected, got);
  if (expected.size() <= bytes && got.size() <= bytes) {
    return {{0, std::string(expected), 0, true}, {0, std::string(got), 0, true}, prefix};
  }
  const size_t suffix =
      common_suffix(expected, got, std::min(expected.size(), got.size()) - prefix);
  size_t begin = prefix > bytes / 4 ? prefix - bytes / 4 : 0;
  if (begin <= kNotWorthAMark) begin = 0;
  begin = back_to_boundary(expected, begin);
  return {window_of(expected, begin, on_to_boundary(expected, expected.size() - suffix), bytes),
          window_of(got, begin, on_to_boundary(got, got.size() - suffix), bytes), prefix};
}

}  // namespace recrank
