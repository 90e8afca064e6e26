// Looking up in a short list of named values, which is kept in the order it was given in.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recrank {

// The value of the first entry of that name, in `list`; null: none has it.
template <typename T>
[[nodiscard]] const T* find_named(const std::vector<std::pair<std::string, T>>& list,
                                  std::string_view name) {
  for (const auto& [each, value] : list) {
    if (each == name) return &value;
  }
  return nullptr;
}

}  // namespace recrank
