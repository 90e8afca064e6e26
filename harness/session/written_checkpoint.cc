#include "harness/session/written_checkpoint.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "replay/dialect.h"
#include "replay/verdict_words.h"
#include "snapshot/recording_decorator.h"

namespace recrank {
namespace {

// A recording and one checkpoint that it lacks.
class RecordingWithCheckpoint : public RecordingDecorator {
 public:
  RecordingWithCheckpoint(const Recording& base, std::string subject_id, Checkpoint made,
                          UniqueFd bytes)
      : RecordingDecorator(base),
        subject_id_(std::move(subject_id)),
        made_(std::move(made)),
        bytes_(std::move(bytes)) {}

  std::vector<Checkpoint> checkpoints(const std::string& id) const override {
    std::vector<Checkpoint> all = base().checkpoints(id);
    if (id != subject_id_) return all;
    const auto behind = std::find_if(all.begin(), all.end(), [this](const Checkpoint& each) {
      return each.next_step > made_.next_step;
    });
    all.insert(behind, made_);
    return all;
  }
  UniqueFd open_snapshot(const std::string& id, const Checkpoint& checkpoint,
                         SnapshotTrust trust) const override {
    const bool ours = id == subject_id_ && checkpoint.next_step == made_.next_step &&
                      checkpoint.sha256 == made_.sha256;
    if (!ours) return base().open_snapshot(id, checkpoint, trust);
    // Opened anew: each caller has an offset of its own.
    return open_for_read("/proc/self/fd/" + std::to_string(bytes_.get()));
  }

 private:
  std::string subject_id_;
  Checkpoint made_;
  UniqueFd bytes_;
};

// What the runs of a CheckpointWriter share with it.
struct WriteOrder {
  uint64_t before_step;  // written before the first delivery of this number or a higher one
  int file;
  std::optional<uint64_t> written_before;  // the number of that delivery
  std::string trouble;
  bool cannot_write = false;
};

class WritingRun : public Run {
 public:
  WritingRun(std::unique_ptr<Run> run, WriteOrder& order) : run_(std::move(run)), order_(order) {}

  StepOutcome apply(const Step& step, CallHandler& handler) override {
    if (step.number < order_.before_step) return run_->apply(step, handler);
    write(step.number);
    return StepInterrupted{};  // no step behind it is wanted
  }
  StepOutcome write_snapshot(std::string& sha256) override { return run_->write_snapshot(sha256); }
  StepOutcome write_checkpoint(int file) override { return run_->write_checkpoint(file); }
  RunCost cost() const override { return run_->cost(); }

 private:
  void write(uint64_t step) {
    try {
      if (std::holds_alternative<StepDone>(run_->write_checkpoint(order_.file))) {
        order_.written_before = step;
      } else {
        order_.trouble = "the engine could not write its state";
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnsupported) throw;
      order_.trouble = error.what();
      order_.cannot_write = true;
    }
  }

  std::unique_ptr<Run> run_;
  WriteOrder& order_;
};

// An engine whose run writes its state at one step and ends there.
class CheckpointWriter : public Engine {
 public:
  CheckpointWriter(const Engine& engine, WriteOrder& order) : engine_(engine), order_(order) {}
  const EngineIdentity& identity() const override { return engine_.identity(); }
  std::span<const std::string_view> option_names() const override { return engine_.option_names(); }
  StartResult start(StartRequest request, const Interrupt& interrupt) const override {
    StartResult started = engine_.start(std::move(request), interrupt);
    if (started.run) started.run = std::make_unique<WritingRun>(std::move(started.run), order_);
    return started;
  }

 private:
  const Engine& engine_;
  WriteOrder& order_;
};

}  // namespace

CheckpointAttempt write_checkpoint_before(const Recording& recording, const Engine& engine,
                                          const ReplayRequest& request, const ReplayPlan& plan,
                                          uint64_t before_step, const Interrupt& interrupt) {
  const ScratchDir scratch;
  UniqueFd bytes = open_nameless(scratch.path());
  WriteOrder order{before_step, bytes.get(), std::nullopt, "", false};
  const CheckpointWriter writer(engine, order);
  const ReplayResult result = replay(recording, writer, request, plan, interrupt, nullptr);
  CheckpointAttempt attempt;
  attempt.deliveries = result.deliveries;
  attempt.interrupted = interrupt.requested();
  if (!order.written_before) {
    attempt.trouble = order.trouble.empty() ? headline(result.verdict) : order.trouble;
    attempt.cannot_write = order.cannot_write;
    return attempt;
  }
  Checkpoint made;
  made.kind = dialect_of(recording).written_checkpoint();
  made.next_step = *order.written_before;
  made.incarnation = plan.checkpoint.incarnation;
  made.sha256 = sha256_hex_of_file("/proc/self/fd/" + std::to_string(bytes.get()));
  made.size_bytes = file_size(bytes.get(), "the checkpoint that was written");
  auto with_it = std::make_shared<RecordingWithCheckpoint>(recording, request.subject_id, made,
                                                           std::move(bytes));
  attempt.written = WrittenCheckpoint{made, std::move(with_it)};
  return attempt;
}

}  // namespace recrank
