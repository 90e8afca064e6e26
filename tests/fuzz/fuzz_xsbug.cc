// What a worker's debugger says, and where a supervisor makes its calls: both are the engine's
// word.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "replay/agoric/source_texts.h"
#include "replay/agoric/xsbug_messages.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  using namespace recrank::agoric;
  // Cut in two: what is found must not depend on where a piece ends.
  XsbugReader whole;
  XsbugReader pieces;
  size_t in_whole = 0;
  size_t in_pieces = 0;
  if (whole.add(bytes)) {
    while (whole.next()) ++in_whole;
    for (const std::string_view piece : {bytes.substr(0, size / 2), bytes.substr(size / 2)}) {
      if (!pieces.add(piece)) __builtin_trap();
      while (pieces.next()) ++in_pieces;
    }
    if (in_whole != in_pieces) __builtin_trap();
  }
  try {
    static_cast<void>(find_supervisor_lines(bytes));
    static_cast<void>(module_of_program(bytes, "/bundled-source/.../a.js"));
    static_cast<void>(module_of_bundle(bytes, ".../a/b.js"));
  } catch (const recrank::Error&) {
  }
  return 0;
}
