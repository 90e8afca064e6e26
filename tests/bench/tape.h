// A tape: the exact bytes that a replay writes to a worker, so that a driver which knows nothing
// can write them too. Records of {u8 op, u32 length little-endian, bytes}.
#pragma once

namespace recrank::bench {

inline constexpr char kCommand = 'C';  // netstring to write; the reply that begins with '.' ends it
inline constexpr char kAnswer = 'A';   // netstring to write when the worker asks for a system call
inline constexpr char kSnapshot = 'S';  // netstring to write; the heap comes on descriptor 7

}  // namespace recrank::bench
