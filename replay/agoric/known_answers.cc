#include "replay/agoric/known_answers.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "replay/agoric/kernel_model.h"

namespace recrank::agoric {
namespace {

class Gatherer {
 public:
  Gatherer(const Recording& recording, const std::string& subject_id, const Checkpoint& checkpoint,
           const Interrupt& interrupt)
      : recording_(recording),
        subject_(find_subject(recording, subject_id)),
        checkpoint_(checkpoint),
        interrupt_(interrupt) {}

  std::unique_ptr<VatAnswers> gather(uint64_t last) {
    const uint64_t first = first_held(subject_, checkpoint_);
    known_->whole_history = begins_there(first);
    VatstoreLearner before(known_->whole_history ? VatstoreModel::empty_store() : VatstoreModel());
    read({first, checkpoint_.next_step}, before);
    VatstoreLearner behind(before.now());
    read({checkpoint_.next_step, last + 1}, behind);
    known_->store = behind.begin();
    return std::move(known_);
  }

 private:
  // The vat's first worker was started there. A later incarnation inherits a store.
  [[nodiscard]] bool begins_there(uint64_t step) const {
    const auto all = recording_.checkpoints(subject_.id);
    return std::any_of(all.begin(), all.end(), [&](const Checkpoint& c) {
      return c.kind == CheckpointKind::kGenesis && c.incarnation == 0 && c.next_step == step;
    });
  }

  void read(StepRange range, VatstoreLearner& learner) {
    if (range.empty()) return;
    const auto stream = recording_.steps(subject_.id, range);
    Step step;
    while (!interrupt_.requested() && stream->next(step)) {
      for (const ExpectedCall& each : step.calls) note_call(step.number, each, learner);
      learner.end_delivery(step.status != RecordedStatus::kFailed);
    }
  }

  void note_call(uint64_t step, const ExpectedCall& each, VatstoreLearner& learner) {
    if (const auto call = parse_vatstore_call(each.call)) {
      ++known_->store_calls;
      if (learner.learn(*call, each.answer)) return;
      throw Error(ErrorCode::kUnsupported,
                  recording_.info().path + ": " + subject_.id + " step " + std::to_string(step) +
                      ": " + printable(each.call, 200) + ": " + learner.contradiction() +
                      ": without a sound model of its store no part of this history can be run");
    }
    if (verb_of_syscall(each.call) == "callNow")
      known_->devices.note(each, recording_.info().path + ": " + subject_.id);
  }

  const Recording& recording_;
  const Subject& subject_;
  const Checkpoint& checkpoint_;
  const Interrupt& interrupt_;
  std::unique_ptr<VatAnswers> known_ = std::make_unique<VatAnswers>();
};

}  // namespace

std::unique_ptr<VatAnswers> gather_vat_answers(const Recording& recording,
                                               const std::string& subject_id,
                                               const Checkpoint& checkpoint, uint64_t last,
                                               const Interrupt& interrupt) {
  return Gatherer(recording, subject_id, checkpoint, interrupt).gather(last);
}

std::unique_ptr<AnswerModel> VatAnswers::model() const {
  return std::make_unique<KernelModel>(*this);
}

std::string verb_of_syscall(std::string_view call) {
  try {
    JsonCursor cursor(call);
    cursor.enter_array();
    if (cursor.next_element() && cursor.peek_kind() == '"') return cursor.string_value();
  } catch (const Error&) {
    // An engine may say anything.
  }
  return "";
}

}  // namespace recrank::agoric
