// The figures of an engine's meter that are no computrons: memory, collections, tables. Engines
// that have one tell them with each answer; their dialect reads them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace recrank {

// nullopt: this engine does not say. All are counted since the start of its process.
struct MeterFigures {
  std::optional<uint64_t> allocate;               // bytes of heap that the machine has taken
  std::optional<uint64_t> current_heap_count;     // slots in use (2024)
  std::optional<uint64_t> allocate_chunks_calls;  // 2021, as all that follow
  std::optional<uint64_t> allocate_slots_calls;
  std::optional<uint64_t> garbage_collections;
  std::optional<uint64_t> map_set_adds;
  std::optional<uint64_t> map_set_removes;
  std::optional<uint64_t> bucket_size_max;
  uint64_t allocate_max = 0;  // where the engine itself gives up; 0: it has no such end
};

struct MeterField {
  std::string_view name;  // as the worker spells it
  std::optional<uint64_t> MeterFigures::*value;
};
inline constexpr std::array<MeterField, 8> kMeterFields{{
    {"allocate", &MeterFigures::allocate},
    {"currentHeapCount", &MeterFigures::current_heap_count},
    {"allocateChunksCalls", &MeterFigures::allocate_chunks_calls},
    {"allocateSlotsCalls", &MeterFigures::allocate_slots_calls},
    {"garbageCollectionCount", &MeterFigures::garbage_collections},
    {"mapSetAddCount", &MeterFigures::map_set_adds},
    {"mapSetRemoveCount", &MeterFigures::map_set_removes},
    {"maxBucketSize", &MeterFigures::bucket_size_max},
}};

}  // namespace recrank
