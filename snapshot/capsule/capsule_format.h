// Keys and limits of a capsule, shared by its writer and its reader.
// Format: docs/formats/capsule.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "snapshot/step.h"

namespace recrank {

// The first is all that a vat needs; the second holds any subject. A writer takes the lowest one
// that holds what there is, so that older readers read on what they can.
inline constexpr std::string_view kCapsuleSchema1 = "recrank.capsule/1";
inline constexpr std::string_view kCapsuleSchema2 = "recrank.capsule/2";

// Behind the record of either meta page: what the file is, for whoever sees only its first bytes.
inline constexpr std::string_view kCapsuleMark = "recrank capsule\n";

// Keys of the main tree, which has nothing else. The first one in key order is the manifest.
inline constexpr std::string_view kCapsuleKey = "capsule";
inline constexpr std::string_view kCapsuleHashKey = "capsule.sha256";
inline constexpr std::string_view kCapsuleStepsPrefix = "steps/";
inline constexpr std::string_view kCapsuleValuePrefix = "value/";

// "steps/0000000000000080": hexadecimal, so that key order is step order.
[[nodiscard]] std::string capsule_steps_key(uint64_t first_step);
[[nodiscard]] std::string capsule_value_key(std::string_view sha256);

// A block begins with the sha256 of all that follows it, in hex.
inline constexpr size_t kCapsuleHashBytes = 64;
inline constexpr size_t kCapsuleBlockHeadBytes = kCapsuleHashBytes + 3 * 8;
inline constexpr size_t kCapsuleValueHeadBytes = 8;

// A block is closed when it has reached one of these: it is what a jump to a step must unpack.
inline constexpr uint64_t kCapsuleBlockBytes = 1 << 20;
inline constexpr uint64_t kCapsuleBlockSteps = 4096;

// What a reader accepts. A step's texts together: twice what a recorded line may have.
inline constexpr uint64_t kCapsuleStepBytesMax = 512 << 20;
inline constexpr uint64_t kCapsuleCallsMax = 10'000'000;  // as Limits::calls_max
inline constexpr uint64_t kCapsuleFactsMax = 1'000'000;   // of a step
inline constexpr uint64_t kCapsuleHeapBytesMax = uint64_t{4}
                                                 << 30;      // an engine's heap ends at 2 GiB
inline constexpr uint64_t kCapsuleTextBytesMax = 256 << 20;  // a bundle
inline constexpr size_t kCapsuleManifestBytesMax = 16 << 20;
inline constexpr uint64_t kCapsuleStepNumberMax = uint64_t{1} << 53;

}  // namespace recrank
