// Where two texts of one thing first differ: a call, an answer, a result, a fact.
//
// A call of a program is easily 20 kB of JSON in one line, and the part of it that matters is JSON
// inside of a string. Whoever is shown both as they stand sees the same bytes twice. Of these two,
//
//   ["resolve",[["p+7",false,{"body":"#{\"value\":\"+11891648\"}","slots":[]}]]]
//   ["resolve",[["p+7",false,{"body":"#{\"value\":\"+11891129\"}","slots":[]}]]]
//
// find_difference() says
//
//   path   [1][0][2].body.value       the way to the first value that differs
//   shown  "+11891648"  "+11891129"   that value on both sides, a window where it is long
//   delta  -519                       of whole numbers, also where a string holds one
//   whole  the texts themselves, a window where they are long, and the first byte that differs
//
// Text that is not JSON has no path; the window is what is left. Whatever the bytes
// are, it throws nothing, and it takes time in proportion to their number.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/difference/window.h"

namespace recrank {

// What a string within a text holds, where it is JSON of its own: of `#{"a":1}` the `{"a":1}`.
// nullopt: it is a string. Which strings are such is for who knows the system
// (Dialect::inner_json).
using InnerJson = std::function<std::optional<std::string>(std::string_view)>;

struct Difference {
  std::string path;   // "[2][0].body.value"; empty: the whole text
  Windows shown;      // the values there
  Windows whole;      // the whole texts
  std::string delta;  // "-519", from expected to got; empty: not two whole numbers
  // Of the object or array there, what only one side has: keys, or elements as "[3]". Of many the
  // first few, and a last entry that says how many there are.
  std::vector<std::string> only_expected;
  std::vector<std::string> only_got;
  // Both are JSON for the same value there, spelt otherwise: the order of keys, an escape.
  bool same_value = false;
};

// Bytes that are shown of a value.
inline constexpr size_t kWindowBytes = 160;

// nullopt: the bytes are the same.
[[nodiscard]] std::optional<Difference> find_difference(std::string_view expected,
                                                        std::string_view got,
                                                        const InnerJson& inner = {});

}  // namespace recrank
