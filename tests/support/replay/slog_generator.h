// Makes slogs of any size: many vats that the kernel serves in turn, blocks, cranks, system calls,
// heap snapshots; records as long as real ones. The same history always gives the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "replay/compare/compare_recordings.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank {

// What a second machine did otherwise, in one step.
struct SlogTwist {
  std::string vat;
  uint64_t step = 0;
  // kDelivery, kSyscallWrong, kSyscallExtra, kSyscallMissing, kAnswer or kComputrons. Those of
  // calls concern the first one.
  RecordedField field = RecordedField::kComputrons;
};

struct SlogHistory {
  SlogText::Dialect dialect = SlogText::kOf2024;
  size_t vats = 30;  // v1 to v30; a half of all deliveries goes to a quarter of them
  uint64_t bytes = uint64_t{1} << 20;  // ends with the block that reaches it
  uint64_t seed = 1;                   // another one: another history
  std::optional<SlogTwist> twist = {};
};

struct WrittenSlog {
  uint64_t bytes = 0;
  uint64_t deliveries = 0;
  bool twisted = false;  // false: the twist's step is none of these deliveries
};

// Holds one block in memory. The twist changes nothing but its own field.
WrittenSlog write_slog(const std::filesystem::path& file, const SlogHistory& history);

}  // namespace recrank
