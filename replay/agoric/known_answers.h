// What a recording proves about the answers to calls that it does not hold in this order: the vat's
// store at a checkpoint, and what devices said.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/interrupt.h"
#include "replay/agoric/vatstore_model.h"
#include "replay/known_answers.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

struct VatAnswers final : public KnownAnswers {
  VatstoreModel store;  // at the checkpoint
  // The whole history of the vat before the checkpoint is held, so that its store is wholly known.
  bool whole_history = false;
  RecordedAnswers devices;   // callNow by its text
  uint64_t store_calls = 0;  // recorded answers that the store was learned from, or held against

  [[nodiscard]] std::unique_ptr<AnswerModel> model() const override;
};

// Reads all steps held without a gap from before `checkpoint` to `last`, inclusive. kUnsupported
// when recorded answers contradict each other by the rules of vatstore_model.h, and when there are
// too many device calls; throws what the recording throws.
[[nodiscard]] std::unique_ptr<VatAnswers> gather_vat_answers(const Recording& recording,
                                                             const std::string& subject_id,
                                                             const Checkpoint& checkpoint,
                                                             uint64_t last,
                                                             const Interrupt& interrupt);

// The verb of a system call: callNow of ["callNow","d-70",…]; empty for what is no call.
[[nodiscard]] std::string verb_of_syscall(std::string_view call);

}  // namespace recrank::agoric
