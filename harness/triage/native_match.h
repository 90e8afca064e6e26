// Whether the signature of a replay and that of a log are of one native crash. Pure.
//
//   SIGSEGV jump-to-null bun@2dd82663+0x4faf767<bun@2dd82663+0x4fae8d7      a replay: build id
//   SIGSEGV null bun@bf2e2cec+0x4faf767<bun@bf2e2cec+0x4fae8d7              a log: commit
//
// A tracer names an image by its build id, the program's own report by its commit, and one of the
// two may see a frame more on the inside; a log cannot tell a jump to an address from a read there.
#pragma once

#include <string_view>

namespace recrank {

// Offsets of two frames in a row are those of one build of a program and no other. One alone proves
// that only where it is known, `same_release`, that both are of one release. `replayed` may end in
// a
// "*" for further frames.
[[nodiscard]] bool same_native_crash(std::string_view replayed, std::string_view logged,
                                     bool same_release);

}  // namespace recrank
