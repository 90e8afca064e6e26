// A message without what differs between runs of one failure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace recrank {

inline constexpr size_t kSteadyBytesMax = 120;

// The first line of `message`, printable and short: numbers, addresses and hashes are "#", a path
// from a root ("/srv/a.js", "./a.js", "~/a.js") is its base name; "read/write", "src/a.rs" and what
// follows "https://" stay. Pure.
[[nodiscard]] std::string steady_words(std::string_view message);

}  // namespace recrank
