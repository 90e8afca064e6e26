#include "snapshot/made_recording.h"

#include <utility>

#include "base/error.h"

namespace recrank {
namespace {

class MadeStream final : public StepStream {
 public:
  MadeStream(const std::vector<MadeStep>& steps, StepRange range) : steps_(steps), range_(range) {}

  bool next(Step& step) override {
    if (range_.empty()) return false;
    const uint64_t number = range_.begin++;
    const MadeStep& from = steps_[number];
    step.clear();
    step.number = number;
    step.kind = from.kind;
    // The bytes live as long as the recording, which outlives its streams.
    step.delivery = from.delivery;
    for (const MadeCall& each : from.calls) step.calls.push_back({each.call, each.answer});
    step.status = from.status;
    step.failure_text = from.failure_text;
    step.open_end = from.open_end;
    step.unclaimed = from.unclaimed;
    step.computrons = from.computrons;
    step.expected_snapshot = from.expected_snapshot;
    step.expected_result = from.expected_result;
    for (const MadeFact& each : from.facts)
      step.facts.push_back({each.name, each.value, each.local});
    step.facts_tell_delivery = from.facts_tell_delivery;
    step.summary = from.summary;
    step.block = from.block;
    step.crank = from.crank;
    return true;
  }

 private:
  const std::vector<MadeStep>& steps_;
  StepRange range_;
};

}  // namespace

size_t MadeStep::bytes() const {
  size_t sum = delivery.size() + failure_text.size() + expected_snapshot.size() +
               expected_result.size() + summary.size();
  for (const MadeFact& each : facts) sum += each.name.size() + each.value.size();
  for (const MadeCall& each : calls) sum += each.call.size() + each.answer.size();
  return sum;
}

MadeRecording::MadeRecording(const Recording& source, const Subject& subject, Checkpoint checkpoint,
                             Setup setup, std::vector<MadeStep> steps)
    : source_(source),
      source_checkpoint_(std::move(checkpoint)),
      info_(source.info()),
      subjects_{subject},
      checkpoint_(source_checkpoint_),
      setup_(std::move(setup)),
      steps_(std::move(steps)) {
  info_.notes.clear();
  Subject& only = subjects_.front();
  only.held.clear();
  only.missing.clear();
  if (!steps_.empty()) only.held.push_back({0, steps_.size()});
  only.incarnations = 1;
  only.number_offset = 0;
  only.not_replayable.clear();
  checkpoint_.next_step = 0;
  checkpoint_.incarnation = 0;
}

std::vector<Checkpoint> MadeRecording::checkpoints(const std::string& subject_id) const {
  (void)find_subject(*this, subject_id);
  return {checkpoint_};
}

std::unique_ptr<StepStream> MadeRecording::steps(const std::string& subject_id,
                                                 StepRange range) const {
  (void)find_subject(*this, subject_id);
  if (!range.empty() && range.end > steps_.size()) {
    throw Error(ErrorCode::kInvalidData, info_.path + ": step " + std::to_string(range.end - 1) +
                                             " is not among the steps that were kept");
  }
  return std::make_unique<MadeStream>(steps_, range);
}

Setup MadeRecording::setup(const std::string& subject_id, uint64_t /*step*/) const {
  (void)find_subject(*this, subject_id);
  return setup_;
}

UniqueFd MadeRecording::open_snapshot(const std::string& subject_id, const Checkpoint& /*one*/,
                                      SnapshotTrust trust) const {
  return source_.open_snapshot(subject_id, source_checkpoint_, trust);
}

HashReport MadeRecording::verify(const VerifyScope& /*scope*/) const { return {}; }

}  // namespace recrank
