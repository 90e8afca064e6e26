// An Engine in memory that does what a test tells it to; the default is what is recorded.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "replay/engine.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {

// What the engine does in one step: makes the calls, then ends so.
struct FakeAct {
  std::vector<std::string> calls;
  bool ok = true;
  std::string result = R"(["ok",null,null])";
  std::optional<uint64_t> computrons = 1000;
  std::optional<StepOutcome> dies;  // instead of an answer
  std::string meter = "{}";
  std::string snapshot;  // what write_snapshot gives
  std::vector<FakeFact> facts = {};
};

StepCrashed killed_by(int signal);
StepCrashed exited_with(int status, std::string meaning = "");
StepLimit met_limit(LimitKind kind, std::string value = "");

class FakeEngine final : public Engine {
 public:
  // Does what every step of every vat of `recording` says.
  explicit FakeEngine(const FakeRecording& recording, const std::string& subject_id = "v1");

  // What belongs to it beside its program, with the sha256 of each.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>>& parts() {
    return identity_.parts;
  }
  // That step ends so in a process that did `before` steps before it and wrote no heap.
  void dies_undisturbed(uint64_t step, size_t before, StepOutcome end) {
    undisturbed_[step] = {before, std::move(end)};
  }
  // The act of that step, to be changed.
  FakeAct& at(uint64_t step) { return acts_.at(step); }
  // The next starts fail so.
  void refuse_to_start(StepOutcome failure, std::string stage);
  void throw_at_start(ErrorCode code) { start_error_ = code; }
  // Writing the heap after that step, or the step itself in a process that began from a heap of a
  // reload, ends so.
  void heap_dies_after(uint64_t step, StepOutcome end) { heap_ends_[step] = std::move(end); }
  void dies_when_reloaded(uint64_t step, StepOutcome end) { reload_ends_[step] = std::move(end); }
  // That step does `otherwise` in a process that has not done the step `on` before.
  void hinges(uint64_t step, uint64_t on, FakeAct otherwise) {
    hinges_[step] = {on, std::move(otherwise)};
  }
  void writes_no_checkpoint() { writes_checkpoints_ = false; }
  // How often the cost of a run was asked for.
  [[nodiscard]] uint64_t cost_reads() const { return cost_reads_; }
  [[nodiscard]] const std::vector<std::optional<std::string>>& parser_buffers() const {
    return parser_buffers_;
  }
  // Run::finish() behind the last step ends so, or throws kInvalidData with that text.
  void finishes_with(StepOutcome end) { finish_ = std::move(end); }
  void contradicts_itself(std::string what) { contradiction_ = std::move(what); }
  [[nodiscard]] const std::vector<StepRange>& ranges() const { return ranges_; }
  [[nodiscard]] uint64_t finishes() const { return finishes_; }
  // It can be watched (source_watch.h), and tells these looks of that step: of a call that is not
  // made none, of one that is with its text; lines only where they are asked for.
  void tells(uint64_t step, std::vector<SourceLook> looks) { looks_[step] = std::move(looks); }
  // The text of every path that it is asked for.
  void has_source(std::string text) { source_ = std::move(text); }
  // Called before each step is done.
  void before_step(std::function<void(uint64_t)> hook) { before_step_ = std::move(hook); }

  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }
  [[nodiscard]] std::span<const std::string_view> option_names() const override {
    static constexpr std::array<std::string_view, 1> kOptions{"parser-buffer"};
    return kOptions;
  }
  [[nodiscard]] bool can_watch() const override { return !looks_.empty(); }
  [[nodiscard]] std::optional<std::string> source_text(const Setup&,
                                                       std::string_view) const override {
    return source_;
  }
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt& interrupt) const override;

  // "start v1:fake", "start heap v1-7-heap8", "apply 3", "snapshot", "end", in order.
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }
  [[nodiscard]] const std::vector<std::string>& answers() const { return answers_; }
  [[nodiscard]] const std::optional<Setup>& last_setup() const { return last_setup_; }

 private:
  friend class FakeRun;

  std::map<uint64_t, FakeAct> acts_;
  std::map<uint64_t, std::pair<size_t, StepOutcome>> undisturbed_;
  std::map<uint64_t, StepOutcome> heap_ends_;
  std::map<uint64_t, StepOutcome> reload_ends_;
  std::map<uint64_t, std::pair<uint64_t, FakeAct>> hinges_;
  std::map<uint64_t, std::vector<SourceLook>> looks_;
  std::optional<std::string> source_;
  bool writes_checkpoints_ = true;
  std::optional<StepOutcome> start_failure_;
  std::optional<StepOutcome> finish_;
  std::string contradiction_;
  mutable std::vector<StepRange> ranges_;  // of each start
  mutable uint64_t finishes_ = 0;
  std::string start_stage_;
  std::optional<ErrorCode> start_error_;
  std::function<void(uint64_t)> before_step_;
  EngineIdentity identity_;
  // Filled by the const methods of the seam; a test uses one thread.
  mutable std::vector<std::string> log_;
  mutable std::vector<std::string> answers_;
  mutable std::optional<Setup> last_setup_;
  mutable uint64_t cost_reads_ = 0;
  mutable std::vector<std::optional<std::string>> parser_buffers_;
};

}  // namespace recrank
