#include "harness/tail_start.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "harness/verdict_report.h"

namespace recrank {
namespace {

// A recording and one heap that it lacks.
class RecordingWithHeap : public Recording {
 public:
  RecordingWithHeap(const Recording& base, std::string subject_id, Checkpoint made, UniqueFd heap)
      : base_(base), subject_id_(std::move(subject_id)), made_(std::move(made)), heap_(std::move(heap)) {}

  const RecordingInfo& info() const override { return base_.info(); }
  const std::vector<Subject>& subjects() const override { return base_.subjects(); }
  std::vector<Checkpoint> checkpoints(const std::string& id) const override {
    std::vector<Checkpoint> all = base_.checkpoints(id);
    if (id != subject_id_) return all;
    const auto behind = std::find_if(all.begin(), all.end(), [this](const Checkpoint& each) {
      return each.next_step > made_.next_step;
    });
    all.insert(behind, made_);
    return all;
  }
  std::unique_ptr<StepStream> steps(const std::string& id, StepRange range) const override {
    return base_.steps(id, range);
  }
  VatSetup vat_setup(const std::string& id, uint64_t step) const override {
    return base_.vat_setup(id, step);
  }
  UniqueFd open_snapshot(const std::string& id, const Checkpoint& checkpoint,
                         SnapshotTrust trust) const override {
    const bool ours = id == subject_id_ && checkpoint.next_step == made_.next_step &&
                      checkpoint.sha256 == made_.sha256;
    if (!ours) return base_.open_snapshot(id, checkpoint, trust);
    UniqueFd again(::fcntl(heap_.get(), F_DUPFD_CLOEXEC, 0));
    if (!again.valid()) throw_errno("cannot duplicate the heap that was written", errno);
    return again;
  }
  HashReport verify(const VerifyScope& scope) const override { return base_.verify(scope); }

 private:
  const Recording& base_;
  std::string subject_id_;
  Checkpoint made_;
  UniqueFd heap_;
};

// What the runs of a HeapWriter share with it.
struct HeapOrder {
  uint64_t before_step;     // written before the first delivery of this number or a higher one
  int file;
  std::optional<uint64_t> written_before;  // the number of that delivery
  std::string trouble;
};

class HeapWritingRun : public Run {
 public:
  HeapWritingRun(std::unique_ptr<Run> run, HeapOrder& order) : run_(std::move(run)), order_(order) {}

  StepOutcome apply(const Step& step, CallHandler& handler) override {
    if (step.number < order_.before_step) return run_->apply(step, handler);
    const StepOutcome outcome = run_->write_checkpoint(order_.file);
    if (std::holds_alternative<StepDone>(outcome)) {
      order_.written_before = step.number;
    } else {
      order_.trouble = "the engine could not write its heap";
    }
    return StepInterrupted{};  // no step behind it is wanted
  }
  StepOutcome write_snapshot(std::string& sha256) override { return run_->write_snapshot(sha256); }
  StepOutcome write_checkpoint(int file) override { return run_->write_checkpoint(file); }
  RunCost cost() const override { return run_->cost(); }

 private:
  std::unique_ptr<Run> run_;
  HeapOrder& order_;
};

// An engine whose run writes its heap at one step and ends there.
class HeapWriter : public Engine {
 public:
  HeapWriter(const Engine& engine, HeapOrder& order) : engine_(engine), order_(order) {}
  const EngineIdentity& identity() const override { return engine_.identity(); }
  StartResult start(StartRequest request, const Interrupt& interrupt) const override {
    StartResult started = engine_.start(std::move(request), interrupt);
    if (started.run) started.run = std::make_unique<HeapWritingRun>(std::move(started.run), order_);
    return started;
  }

 private:
  const Engine& engine_;
  HeapOrder& order_;
};

}  // namespace

TailStarts::TailStarts(const Recording& recording, const Engine& engine,
                       const ReplayRequest& request, const ReplayPlan& plan, uint64_t crash_step,
                       uint64_t steps_wanted)
    : recording_(recording),
      engine_(engine),
      request_(request),
      plan_(plan),
      crash_step_(crash_step),
      first_(first_step(steps_wanted)) {
  std::optional<Checkpoint> nearest;
  std::optional<Checkpoint> genesis;
  for (const Checkpoint& each : recording_.checkpoints(request_.subject_id)) {
    if (!each.available || each.next_step > first_) continue;
    nearest = each;
    if (each.kind == CheckpointKind::kGenesis) genesis = each;
  }
  if (nearest) add(*nearest);
  if (plan_.checkpoint.next_step <= first_) add(plan_.checkpoint);
  if (genesis) add(*genesis);
  write_first_ = recorded_.empty() || recorded_.front().next_step < first_;
}

// A checkpoint of an incarnation before the one that is wanted begins with another worker.
void TailStarts::add(const Checkpoint& checkpoint) {
  for (const Checkpoint& known : recorded_) {
    if (known.kind == checkpoint.kind && known.next_step == checkpoint.next_step) return;
  }
  const auto stream = recording_.steps(request_.subject_id, {checkpoint.next_step, crash_step_});
  Step step;
  bool first = true;
  while (stream->next(step)) {
    if (!first && step.kind == StepKind::kInitializeWorker) return;
    first = false;
  }
  recorded_.push_back(checkpoint);
}

uint64_t TailStarts::first_step(uint64_t steps_wanted) const {
  const uint64_t back = std::min(crash_step_ - plan_.range.begin, steps_wanted - 1);
  uint64_t first = crash_step_ - back;
  const auto stream = recording_.steps(request_.subject_id, {first, crash_step_ + 1});
  Step step;
  while (stream->next(step)) {
    if (step.kind == StepKind::kInitializeWorker) first = step.number;
  }
  return first;
}

std::optional<TailStart> TailStarts::next(const Interrupt& interrupt) {
  passed_over_.clear();
  if (std::exchange(write_first_, false)) {
    if (auto made = written(interrupt)) return made;
  }
  if (given_ == recorded_.size()) return std::nullopt;
  const Checkpoint& checkpoint = recorded_[given_++];
  return TailStart{{{checkpoint.next_step, crash_step_ + 1}, checkpoint}, checkpoint.label(), nullptr};
}

std::optional<TailStart> TailStarts::written(const Interrupt& interrupt) {
  const ScratchDir scratch;
  UniqueFd heap = open_nameless(scratch.path());
  HeapOrder order{first_, heap.get(), std::nullopt, ""};
  const HeapWriter writer(engine_, order);
  ReplayPlan plan = plan_;
  plan.range.end = crash_step_ + 1;
  const ReplayResult result =
      replay(recording_, writer, request_, plan, interrupt, nullptr);
  if (!order.written_before) {
    passed_over_ = "no heap could be written before step " + std::to_string(first_) + ": " +
                   (order.trouble.empty() ? headline(result.verdict) : order.trouble);
    return std::nullopt;
  }
  Checkpoint made;
  made.kind = CheckpointKind::kHeapSnapshot;
  made.next_step = *order.written_before;
  made.incarnation = plan_.checkpoint.incarnation;
  made.sha256 = sha256_hex_of_file("/proc/self/fd/" + std::to_string(heap.get()));
  made.size_bytes = file_size(heap.get(), "the heap that was written");
  TailStart start;
  start.plan = {{made.next_step, crash_step_ + 1}, made};
  start.label = "a heap written before step " + std::to_string(made.next_step);
  start.own = std::make_shared<RecordingWithHeap>(recording_, request_.subject_id, made,
                                                  std::move(heap));
  return start;
}

}  // namespace recrank
