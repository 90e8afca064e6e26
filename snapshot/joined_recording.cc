#include "snapshot/joined_recording.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "snapshot/recording_decorator.h"

namespace recrank {
namespace {

constexpr uint64_t kShownBytes = 80;

const Subject* find_by_id(const Recording& recording, const std::string& id) {
  for (const Subject& subject : recording.subjects()) {
    if (subject.id == id) return &subject;
  }
  return nullptr;
}

// What two machines must agree on of a step and tell differently: the name of it.
std::string difference(const Step& a, const Step& b) {
  bool any_fact = false;
  for (const NamedFact& fact : a.facts) {
    if (fact.local) continue;
    const auto other = std::find_if(b.facts.begin(), b.facts.end(),
                                    [&](const NamedFact& each) { return each.name == fact.name; });
    if (other == b.facts.end()) continue;
    any_fact = true;
    if (other->value == fact.value) continue;
    return std::string(fact.name) + " is " + std::string(fact.value.substr(0, kShownBytes)) +
           " and " + std::string(other->value.substr(0, kShownBytes));
  }
  return any_fact || a.delivery == b.delivery ? "" : "the deliveries differ";
}

class JoinedRecording : public RecordingDecorator {
 public:
  JoinedRecording(std::unique_ptr<Recording> steps, std::unique_ptr<Recording> state)
      : RecordingDecorator(*steps),
        steps_(std::move(steps)),
        state_(std::move(state)),
        info_(steps_->info()),
        subjects_(steps_->subjects()) {
    check_dialects();
    bool common = false;
    for (Subject& subject : subjects_) common = join(subject) || common;
    if (!common) {
      throw Error(ErrorCode::kUsage, state_->info().path + ": it has no checkpoint of what " +
                                         info_.path + " is a recording of");
    }
    info_.notes.push_back("the state to begin from is that of " + state_->info().path);
  }

  const RecordingInfo& info() const override { return info_; }
  const std::vector<Subject>& subjects() const override { return subjects_; }
  std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    if (find_by_id(*state_, subject_id) == nullptr) return {};
    return state_->checkpoints(subject_id);
  }
  UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                         SnapshotTrust trust) const override {
    return state_->open_snapshot(subject_id, checkpoint, trust);
  }
  HashReport verify(const VerifyScope& scope) const override {
    HashReport report;
    const auto take = [&](HashReport part) {
      report.spans += part.spans;
      report.snapshots += part.snapshots;
      report.bundles += part.bundles;
      std::move(part.damage.begin(), part.damage.end(), std::back_inserter(report.damage));
      std::move(part.uncovered.begin(), part.uncovered.end(), std::back_inserter(report.uncovered));
    };
    VerifyScope part = scope;
    if (scope.parts != VerifyParts::kHeaps) {
      part.parts = VerifyParts::kAllButHeaps;
      take(steps_->verify(part));
    }
    if (scope.parts != VerifyParts::kAllButHeaps) {
      part.parts = VerifyParts::kHeaps;
      take(state_->verify(part));
    }
    return report;
  }

 private:
  void check_dialects() const {
    if (state_->info().dialect == info_.dialect) return;
    throw Error(ErrorCode::kUsage, state_->info().path + ": its " + state_->info().dialect +
                                       " is no state of what " + info_.path +
                                       " is a recording of (" + info_.dialect + ")");
  }

  // False: the other recording does not know of it.
  bool join(Subject& subject) {
    const std::vector<Checkpoint> checkpoints = this->checkpoints(subject.id);
    bool usable = false;
    std::string where;
    for (const Checkpoint& checkpoint : checkpoints) {
      if (!checkpoint.available) continue;
      check_history(subject, checkpoint);
      usable = usable || subject.holds({checkpoint.next_step, checkpoint.next_step + 1});
      where += (where.empty() ? "" : ", ") + checkpoint.label();
    }
    subject.not_replayable = usable ? ""
                                    : "no step that is held follows on the state of " +
                                          state_->info().path + " (" +
                                          (where.empty() ? why_none(subject.id) : where) + ")";
    return find_by_id(*state_, subject.id) != nullptr;
  }

  [[nodiscard]] std::string why_none(const std::string& id) const {
    const Subject* subject = find_by_id(*state_, id);
    if (subject == nullptr || subject->not_replayable.empty()) return "it has no checkpoint";
    return subject->not_replayable;
  }

  void check_history(const Subject& subject, const Checkpoint& checkpoint) const {
    const Subject* other = find_by_id(*state_, subject.id);
    if (checkpoint.next_step == 0 || other == nullptr) return;
    const StepRange last{checkpoint.next_step - 1, checkpoint.next_step};
    if (!subject.holds(last) || !other->holds(last)) return;
    Step a;
    Step b;
    const auto in_steps = steps_->steps(subject.id, last);
    const auto in_state = state_->steps(subject.id, last);
    if (!in_steps->next(a) || !in_state->next(b)) return;
    const std::string differs = difference(a, b);
    if (differs.empty()) return;
    throw Error(ErrorCode::kUsage, state_->info().path + ": its " + checkpoint.label() +
                                       " is of another history than " + info_.path + ": in step " +
                                       std::to_string(last.begin) + " " + differs);
  }

  std::unique_ptr<Recording> steps_;
  std::unique_ptr<Recording> state_;
  RecordingInfo info_;
  std::vector<Subject> subjects_;
};

}  // namespace

std::unique_ptr<Recording> join_checkpoints(std::unique_ptr<Recording> steps,
                                            std::unique_ptr<Recording> state) {
  return std::make_unique<JoinedRecording>(std::move(steps), std::move(state));
}

}  // namespace recrank
