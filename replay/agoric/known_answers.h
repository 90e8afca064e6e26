// What a recording proves about the answers to calls that it does not hold in this order: the vat's
// store at a checkpoint, and what devices said.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/interrupt.h"
#include "replay/agoric/vatstore_model.h"
#include "snapshot/recording.h"

namespace recrank {

// Read only once it is gathered; several threads may read it.
struct KnownAnswers {
  // A kernel answered (kernel_model.h). Without one `devices` holds every call.
  bool kernel = true;
  VatstoreModel store;  // at the checkpoint
  // The whole history of the vat before the checkpoint is held, so that its store is wholly known.
  bool whole_history = false;
  // callNow by its text. A device keeps a state of its own: where it once answered the same text
  // otherwise, there is no answer (nullopt).
  std::map<std::string, std::optional<std::string>, std::less<>> devices;
  uint64_t store_calls = 0;  // recorded answers that the store was learned from, or held against
};

// Reads all steps held without a gap from before `checkpoint` to `last`, inclusive. kUnsupported
// when recorded answers contradict each other by the rules of vatstore_model.h, and when more than
// kDeviceBytesMax of device calls are there; throws what the recording throws.
inline constexpr size_t kDeviceBytesMax = size_t{256} << 20;
[[nodiscard]] KnownAnswers gather_known_answers(const Recording& recording,
                                                const std::string& subject_id,
                                                const Checkpoint& checkpoint, uint64_t last,
                                                const Interrupt& interrupt);

// The verb of a system call: callNow of ["callNow","d-70",…]; empty for what is no call.
[[nodiscard]] std::string verb_of_syscall(std::string_view call);

}  // namespace recrank
