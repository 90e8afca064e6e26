#include "tests/support/replay/fake_engine.h"

#include <set>
#include <utility>

#include "base/check.h"

namespace recrank {

class FakeRun final : public Run {
 public:
  FakeRun(const FakeEngine& engine, bool reloaded, SourceWatch* watch)
      : engine_(engine), reloaded_(reloaded), watch_(watch) {}
  ~FakeRun() override { engine_.log_.push_back("end"); }

  StepOutcome apply(const Step& step, CallHandler& handler) override {
    RECRANK_CHECK(alive_);
    last_step_ = step.number;
    if (engine_.before_step_) engine_.before_step_(step.number);
    engine_.log_.push_back("apply " + std::to_string(step.number));
    const auto hinge = engine_.hinges_.find(step.number);
    const bool otherwise = hinge != engine_.hinges_.end() && !done_.contains(hinge->second.first);
    const FakeAct& act = otherwise ? hinge->second.second : engine_.acts_.at(step.number);
    done_.insert(step.number);
    if (watch_ != nullptr && watch_->step == step.number) tell(act);
    for (const std::string& call : act.calls) {
      const auto answer = handler.on_call(call);
      if (!answer) {
        alive_ = false;
        return StepStopped{};
      }
      engine_.answers_.emplace_back(*answer);
    }
    const auto calm = engine_.undisturbed_.find(step.number);
    if (calm != engine_.undisturbed_.end() && !wrote_heap_ &&
        done_.size() == calm->second.first + 1) {
      alive_ = false;
      return calm->second.second;
    }
    const auto end = engine_.reload_ends_.find(step.number);
    if (reloaded_ && end != engine_.reload_ends_.end()) {
      alive_ = false;
      return end->second;
    }
    alive_ = !act.dies;
    if (act.dies) return *act.dies;
    told_.clear();
    for (const FakeFact& fact : act.facts) told_.push_back({fact.name, fact.value, fact.local});
    return StepDone{act.ok, act.result, act.computrons, act.meter, told_};
  }

  StepOutcome finish() override {
    ++engine_.finishes_;
    if (!engine_.contradiction_.empty())
      throw Error(ErrorCode::kInvalidData, engine_.contradiction_);
    return engine_.finish_.value_or(StepDone{});
  }

  StepOutcome write_snapshot(std::string& sha256) override {
    RECRANK_CHECK(alive_);
    engine_.log_.push_back("snapshot");
    wrote_heap_ = true;
    if (const StepOutcome* end = heap_end()) return *end;
    if (!engine_.acts_.contains(last_step_ + 1)) return StepDone{};
    const FakeAct& act = engine_.acts_.at(last_step_ + 1);
    sha256 = act.snapshot;
    alive_ = !act.dies;
    if (act.dies) return *act.dies;
    return StepDone{act.ok, act.result, std::nullopt, {}};
  }

  StepOutcome write_checkpoint(int file) override {
    RECRANK_CHECK(alive_);
    engine_.log_.push_back("checkpoint");
    wrote_heap_ = true;
    if (!engine_.writes_checkpoints_) {
      throw Error(ErrorCode::kUnsupported, "fake: the state cannot be written down");
    }
    if (const StepOutcome* end = heap_end()) return *end;
    write_all(file, "heap after " + std::to_string(last_step_), "a fake heap");
    return StepDone{};
  }

  RunCost cost() const override {
    ++engine_.cost_reads_;
    return {.engine_cpu_s = 0.25,
            .engine_peak_rss_bytes = 4096,
            .engine_rss_bytes = 2048,
            .engine_address_space_bytes = 8192};
  }

 private:
  void tell(const FakeAct& act) {
    watch_->reached = true;
    const auto told = engine_.looks_.find(watch_->step);
    if (told == engine_.looks_.end()) return;
    for (SourceLook look : told->second) {
      if (look.kind == LookKind::kLine && !watch_->lines) continue;
      if (look.kind == LookKind::kLine && watch_->sink != nullptr) {
        const SourceFrame& frame = look.frames.front();
        if (watch_->sink->on_line(frame.path, frame.line, look.frames.size())) continue;
        watch_->looks.push_back(std::move(look));
        return;
      }
      if (look.kind == LookKind::kCall && look.call >= act.calls.size()) continue;
      if (look.kind == LookKind::kCall) look.words = act.calls.at(look.call);
      watch_->looks.push_back(std::move(look));
    }
  }

  const StepOutcome* heap_end() {
    const auto end = engine_.heap_ends_.find(last_step_);
    if (end == engine_.heap_ends_.end()) return nullptr;
    alive_ = false;
    return &end->second;
  }

  const FakeEngine& engine_;
  bool reloaded_;
  SourceWatch* watch_;
  bool alive_ = true;
  bool wrote_heap_ = false;
  uint64_t last_step_ = 0;
  std::set<uint64_t> done_;
  std::vector<NamedFact> told_;
};

StepCrashed killed_by(int signal) {
  StepCrashed crashed;
  crashed.end.signal = signal;
  return crashed;
}

StepCrashed exited_with(int status, std::string meaning) {
  StepCrashed crashed;
  crashed.end.exit_status = status;
  crashed.end.meaning = std::move(meaning);
  return crashed;
}

StepLimit met_limit(LimitKind kind, std::string value) {
  StepLimit limit;
  limit.kind = kind;
  limit.value = std::move(value);
  return limit;
}

FakeEngine::FakeEngine(const FakeRecording& recording, const std::string& subject_id) {
  for (const auto& [number, step] : recording.vat_of(subject_id).steps) {
    FakeAct& act = acts_[number];
    for (const FakeCall& call : step.calls) act.calls.push_back(call.call);
    if (step.computrons) act.computrons = step.computrons;
    act.snapshot = step.snapshot;
    act.facts = step.facts;
  }
}

void FakeEngine::refuse_to_start(StepOutcome failure, std::string stage) {
  start_failure_ = std::move(failure);
  start_stage_ = std::move(stage);
}

StartResult FakeEngine::start(StartRequest request, const Interrupt& /*interrupt*/) const {
  ranges_.push_back(request.range);
  if (start_error_) throw Error(*start_error_, "fake: the engine lacks something");
  log_.push_back(request.heap.valid() ? "start heap " + request.heap_label
                                      : "start " + request.setup.label);
  last_setup_ = std::move(request.setup);
  parser_buffers_.push_back(request.options.get("parser-buffer"));
  StartResult result;
  if (start_failure_) {
    result.failure = *start_failure_;
    result.stage = start_stage_;
  } else {
    const bool reloaded = request.heap.valid() && request.heap_label.starts_with("reload-");
    result.run = std::make_unique<FakeRun>(*this, reloaded, request.watch);
  }
  return result;
}

}  // namespace recrank
