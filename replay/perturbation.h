// Harmless changes to how a replay is run. They move collections and the layout of memory, and by
// the engine's contract no recorded fact may change with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recrank {

struct Perturbation {
  // -s of the worker: the buffer of its parser, in kB. nullopt: the engine's default.
  std::optional<uint32_t> parser_buffer_kb;
  // After these steps the heap is written and thrown away; writing it forces a collection.
  std::vector<uint64_t> write_heap_after;
  // After these steps the heap is written and another worker goes on from it.
  std::vector<uint64_t> reload_after;

  [[nodiscard]] bool empty() const {
    return !parser_buffer_kb && write_heap_after.empty() && reload_after.empty();
  }
};

}  // namespace recrank
