#include "tests/support/snapshot/fake_recording.h"

#include <algorithm>

#include "base/error.h"
#include "snapshot/montana/montana.h"

namespace recrank {
namespace {

class FakeStream final : public StepStream {
 public:
  FakeStream(const FakeRecording::Vat& vat, StepRange range) : vat_(vat), range_(range) {}

  bool next(Step& step) override {
    const auto& skipped = vat_.skipped;
    while (std::find(skipped.begin(), skipped.end(), range_.begin) != skipped.end()) ++range_.begin;
    if (range_.empty()) return false;
    const uint64_t number = range_.begin++;
    const auto& damaged = vat_.damaged;
    if (std::find(damaged.begin(), damaged.end(), number) != damaged.end()) {
      throw Error(ErrorCode::kInvalidData, "fake: step " + std::to_string(number) + " is torn");
    }
    const auto found = vat_.steps.find(number);
    if (found == vat_.steps.end()) {
      throw Error(ErrorCode::kInvalidData, "fake: step " + std::to_string(number) + " is missing");
    }
    fill(step, number, found->second);
    return true;
  }

 private:
  static void fill(Step& step, uint64_t number, const FakeStep& from) {
    step.clear();
    step.number = number;
    step.kind = from.kind;
    step.delivery = from.delivery;
    for (const FakeCall& call : from.calls) step.calls.push_back({call.call, call.answer});
    step.status = from.status;
    step.failure_text = from.failure_text;
    step.open_end = from.open_end;
    step.unclaimed = from.unclaimed;
    if (from.kind == StepKind::kDelivery) step.computrons = from.computrons;
    step.expected_snapshot = from.snapshot;
    for (const FakeFact& fact : from.facts)
      step.facts.push_back({fact.name, fact.value, fact.local});
    step.facts_tell_delivery = !from.facts.empty();
    step.expected_result = from.result;
    step.summary = from.summary;
    step.block = from.block;
    step.crank = from.crank;
  }

  const FakeRecording::Vat& vat_;
  StepRange range_;
};

}  // namespace

FakeStep FakeStep::of(StepKind kind) {
  FakeStep step;
  step.kind = kind;
  step.delivery.clear();
  return step;
}

FakeStep FakeStep::save(std::string sha256) {
  FakeStep step = of(StepKind::kSaveSnapshot);
  step.snapshot = std::move(sha256);
  return step;
}

FakeStep FakeStep::failed(std::string text, std::vector<FakeCall> calls) {
  FakeStep step;
  step.status = RecordedStatus::kFailed;
  step.failure_text = std::move(text);
  step.computrons.reset();
  step.calls = std::move(calls);
  return step;
}

FakeStep FakeStep::telling(std::vector<FakeFact> facts) {
  FakeStep step;
  step.facts = std::move(facts);
  step.status.reset();
  step.computrons.reset();
  return step;
}

FakeStep FakeStep::calling(const std::vector<std::string>& calls) {
  FakeStep step;
  for (const std::string& call : calls) step.calls.push_back({call});
  return step;
}

FakeRecording::FakeRecording(std::string_view era, uint64_t first_step) {
  info_.dialect = era;
  info_.path = "fake.recording";
  vat("v1", first_step);
}

FakeRecording& FakeRecording::vat(const std::string& id, uint64_t first_step) {
  current_ = id;
  if (vats_.contains(id)) return *this;
  vats_[id].next = first_step;
  Subject subject;
  subject.id = id;
  subject.manager = "xsnap";
  subjects_.push_back(subject);
  setup().label = id + ":fake";
  return checkpoint(CheckpointKind::kGenesis, first_step);
}

FakeRecording& FakeRecording::add(FakeStep step) {
  Vat& vat = current();
  vat.steps[vat.next++] = std::move(step);
  refresh_held();
  return *this;
}

FakeRecording& FakeRecording::add_deliveries(uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    const std::string tag = std::to_string(current().next);
    add(FakeStep::calling({"[\"vatstoreGet\",\"k" + tag + "\"]", "[\"send\",\"o-" + tag + "\"]"}));
  }
  return *this;
}

FakeRecording& FakeRecording::checkpoint(CheckpointKind kind, uint64_t next_step, bool available) {
  std::vector<Checkpoint>& all = current().checkpoints;
  Checkpoint checkpoint;
  checkpoint.kind = kind;
  checkpoint.next_step = next_step;
  checkpoint.available = available;
  for (const Checkpoint& c : all) checkpoint.incarnation += c.kind == CheckpointKind::kGenesis;
  if (has_bytes(kind)) {
    if (checkpoint.incarnation > 0) --checkpoint.incarnation;
    checkpoint.sha256 = "heap" + std::to_string(next_step);
  }
  all.push_back(checkpoint);
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.next_step < b.next_step; });
  return *this;
}

FakeRecording& FakeRecording::reserve_checkpoints(const std::string& why) {
  for (Checkpoint& checkpoint : current().checkpoints) checkpoint.only_when_asked = why;
  return *this;
}

FakeRecording& FakeRecording::drop(StepRange range) {
  for (uint64_t n = range.begin; n < range.end; ++n) current().steps.erase(n);
  refresh_held();
  return *this;
}

FakeRecording& FakeRecording::damage(uint64_t number) {
  current().damaged.push_back(number);
  return *this;
}

FakeRecording& FakeRecording::skip_number(uint64_t number) {
  current().skipped.push_back(number);
  return *this;
}

Subject& FakeRecording::subject() {
  return *std::find_if(subjects_.begin(), subjects_.end(),
                       [&](const Subject& s) { return s.id == current_; });
}

void FakeRecording::refresh_held() {
  std::vector<StepRange>& held = subject().held;
  held.clear();
  for (const auto& [number, step] : current().steps) {
    if (!held.empty() && held.back().end == number) {
      ++held.back().end;
    } else {
      held.push_back({number, number + 1});
    }
  }
}

std::vector<Checkpoint> FakeRecording::checkpoints(const std::string& subject_id) const {
  return vats_.at(subject_id).checkpoints;
}

std::unique_ptr<StepStream> FakeRecording::steps(const std::string& subject_id,
                                                 StepRange range) const {
  return std::make_unique<FakeStream>(vats_.at(subject_id), range);
}

recrank::Setup FakeRecording::setup(const std::string& subject_id, uint64_t /*step*/) const {
  return vats_.at(subject_id).setup;
}

UniqueFd FakeRecording::open_snapshot(const std::string& /*subject_id*/,
                                      const Checkpoint& checkpoint, SnapshotTrust) const {
  if (!checkpoint.available) throw Error(ErrorCode::kInvalidData, "fake: the heap was pruned");
  return make_pipe().read_end;  // some valid descriptor: no fake reads it
}

HashReport FakeRecording::verify(const VerifyScope& /*scope*/) const {
  HashReport report;
  report.damage = wrong_hashes_;
  return report;
}

FakeRecording windows(uint64_t count) {
  FakeRecording recording(montana::kMontanaDialect);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    recording.add(FakeStep::telling(
        {{"node_root", "n" + n}, {"state_root", "s" + n}, {"proposer", "p" + n, true}}));
  }
  return recording;
}

}  // namespace recrank
