// One step as bytes in a block of a capsule, and back.
// Format: docs/formats/capsule.md ("Step record")
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "snapshot/inflate.h"
#include "snapshot/step.h"

namespace recrank {

// Gives the record of `step` to `sink`, texts as they stand. kUnsupported for a step that is larger
// than a reader would accept. `place` begins the text of errors.
void encode_capsule_step(const Step& step, const std::string& place, const ByteSink& sink);

// Bytes that the record takes.
[[nodiscard]] uint64_t capsule_step_bytes(const Step& step);

// Fills `step` from a record that `read_exactly` delivers; at most `left_bytes` of it are there.
// Takes memory only as bytes arrive, so that a length that lies costs nothing. kInvalidData
// "<place>: …" for a record that encode_capsule_step() cannot have made. The bytes it took.
uint64_t decode_capsule_step(Step& step, uint64_t left_bytes, const std::string& place,
                             const std::function<void(char* data, size_t size)>& read_exactly);

}  // namespace recrank
