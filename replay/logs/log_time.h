// The time that a line of a log begins with, in the spellings of collectors and programs.
//
//   Jun 28 00:12:02  Jun 28 00:12:02.123456                 syslog, journalctl -o short,
//   short-precise 2026-06-28T00:12:02+0000  2026-06-28 00:12:02,123       short-iso, containers,
//   programs Sun 2026-06-28 00:12:02 UTC                             short-full, with-unit, verbose
//   1782605522.001234                                       short-unix
//   [ 5522.001234]  [ 5522.001234 <    0.001234 >]          short-monotonic, short-delta, the
//   kernel
//
// Pure. Seen: journalctl of systemd 252.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace recrank {

// How many bytes it has, up to the blank that ends it; 0: `text` begins with none.
[[nodiscard]] size_t time_bytes(std::string_view text);

// "2026-06-28T00:12:02.001Z" of microseconds since 1970, as journals count.
[[nodiscard]] std::string utc_of(uint64_t microseconds);

}  // namespace recrank
