// A message without what differs between runs of one failure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace recrank {

inline constexpr size_t kSteadyBytesMax = 120;

// The first line of `message`, printable and short: numbers and addresses are "#", a path is its
// base name. Pure.
[[nodiscard]] std::string steady_words(std::string_view message);

}  // namespace recrank
