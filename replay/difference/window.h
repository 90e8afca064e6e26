// What is shown of two long texts that differ: a window of each around the first difference.
//
// What both begin and end with is left out and counted, so that the window holds what differs and a
// little of what stands around it. A window never begins or ends inside a UTF-8 sequence; its text
// is otherwise as it stands, so who prints it makes it printable().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace recrank {

struct Window {
  size_t before = 0;  // bytes that are left out before it: the same in both texts
  std::string text = {};
  size_t after = 0;         // bytes that are left out behind it ...
  bool after_equal = true;  // ... which are those that both texts end with

  [[nodiscard]] bool whole() const { return before == 0 && after == 0; }
};

struct Windows {
  Window expected = {};
  Window got = {};
  size_t byte = 0;  // of both texts: the first that differs, or where the shorter one ends
};

// Each of `bytes` at the most, and some for a sequence that would be cut. Texts that fit are whole.
[[nodiscard]] Windows windows_around_difference(std::string_view expected, std::string_view got,
                                                size_t bytes);

}  // namespace recrank
