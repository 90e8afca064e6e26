// One step as bytes in a block of a capsule, and back.
// Format: docs/formats/capsule.md ("Step record")
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "snapshot/io/inflate.h"
#include "snapshot/step.h"

namespace recrank {

// Gives the record of `step` to `sink`, texts as they stand. kUnsupported for a step that is larger
// than a reader would accept. `place` begins the text of errors.
void encode_capsule_step(const Step& step, const std::string& place, const ByteSink& sink);

// Bytes that the record takes.
[[nodiscard]] uint64_t capsule_step_bytes(const Step& step);

// What a record holds: that of a vat's step, or with it all that other systems record
// (expected_result, facts, summary, block, crank). On disk: never renumber.
enum class CapsuleForm : uint8_t { kVat = 0, kWhole = 1 };
// The smallest one that holds the step.
[[nodiscard]] CapsuleForm capsule_form_of(const Step& step);

// A record that is to be read.
struct CapsuleRecord {
  uint64_t left_bytes = 0;                     // so many are there at most
  const std::string& place;                    // begins the text of errors
  CapsuleForm form_max = CapsuleForm::kWhole;  // the capsule's schema allows no higher one
};

// Fills `step` from a record that `read_exactly` delivers. Takes memory only as bytes arrive, so
// that a length that lies costs nothing. kInvalidData "<place>: …" for a record that
// encode_capsule_step() cannot have made. The bytes it took.
uint64_t decode_capsule_step(Step& step, const CapsuleRecord& record,
                             const std::function<void(char* data, size_t size)>& read_exactly);

}  // namespace recrank
