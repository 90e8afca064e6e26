// Engines in memory that die at a chosen step at chosen rates, and bisections over them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/json.h"
#include "harness/bisect/bisect_report.h"
#include "harness/bisect/bisect_session.h"
#include "snapshot/agoric/setup_names.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace fated_engines {

inline constexpr uint64_t kStep = 8;

// What a process of an engine does at kStep; `start` counts the starts of this engine from 1.
struct Fate {
  int signal = 0;
  uint64_t computrons = 1000;
  bool refuses_heap = false;
  bool only_reloaded = false;
  bool calls_more = false;     // than is recorded, and passes
  bool dies_of_heaps = false;  // when one is written that nobody recorded
};
using Fates = std::function<Fate(uint64_t start)>;

class Process final : public Run {
 public:
  explicit Process(Fate fate) : fate_(fate) {}
  [[nodiscard]] StepOutcome apply(const Step& step, CallHandler& handler) override {
    for (const ExpectedCall& call : step.calls) {
      if (!handler.on_call(call.call)) return StepStopped{};
    }
    if (step.number != kStep) return StepDone{true, R"(["ok",null,null])", step.computrons, {}};
    if (fate_.calls_more && !handler.on_call(R"(["send","o-9"])")) return StepStopped{};
    if (fate_.signal == 0) return StepDone{true, R"(["ok",null,null])", fate_.computrons, {}};
    StepCrashed crashed;
    crashed.end.signal = fate_.signal;
    crashed.end.meaning = fate_.signal == SIGSEGV ? "SIGSEGV" : "SIGABRT";
    return crashed;
  }
  [[nodiscard]] StepOutcome write_snapshot(std::string&) override {
    if (!fate_.dies_of_heaps) return StepDone{};
    StepCrashed crashed;
    crashed.end.signal = SIGBUS;
    crashed.end.meaning = "SIGBUS";
    return crashed;
  }
  [[nodiscard]] StepOutcome write_checkpoint(int file) override {
    write_all(file, "heap", "a heap");
    return StepDone{};
  }
  [[nodiscard]] RunCost cost() const override { return {}; }

 private:
  Fate fate_;
};

class FatedEngine final : public Engine {
 public:
  FatedEngine(Fates fates, std::atomic<uint64_t>& starts)
      : fates_(std::move(fates)), starts_(starts) {}
  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }
  [[nodiscard]] std::span<const std::string_view> option_names() const override {
    static constexpr std::array<std::string_view, 1> kOptions{"parser-buffer"};
    return kOptions;
  }
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt&) const override {
    Fate fate = fates_(++starts_);
    const bool reloaded = request.heap.valid() && request.heap_label.starts_with("reload-");
    if (fate.only_reloaded && !reloaded) fate.signal = 0;
    StartResult result;
    if (fate.refuses_heap && request.heap.valid()) {
      StepCrashed exit;
      exit.end.exit_status = 2;
      result.failure = exit;
      result.stage = "load heap";
      return result;
    }
    result.run = std::make_unique<Process>(fate);
    return result;
  }

 private:
  Fates fates_;
  std::atomic<uint64_t>& starts_;
  EngineIdentity identity_;
};

inline Fates always(Fate fate) {
  return [fate](uint64_t) { return fate; };
}
inline const Fate kPasses{};
inline const Fate kDies{.signal = SIGSEGV};
inline const Fate kDiesOtherwise{.signal = SIGABRT};

// Dies in a share of its runs, in this order over and over.
inline Fates in_turn(std::vector<Fate> fates) {
  return [fates](uint64_t start) { return fates[(start - 1) % fates.size()]; };
}

// A list of engines by a letter each: "G" passes, "B" dies, "O" dies otherwise, "-" is not there.
class FakeCandidates final : public EngineCandidates {
 public:
  explicit FakeCandidates(const std::string& letters) {
    for (const char c : letters) {
      add(std::string(1, c) + std::to_string(fates_.size()),
          c == 'B'   ? always(kDies)
          : c == 'O' ? always(kDiesOtherwise)
                     : always(kPasses),
          c == '-');
    }
  }
  void add(const std::string& name, Fates fates, bool missing = false) {
    names_.push_back(name);
    keys_.push_back("key of " + name);
    fates_.push_back(std::move(fates));
    missing_.push_back(missing);
    starts_.push_back(std::make_unique<std::atomic<uint64_t>>(0));
  }
  void set(size_t index, Fates fates) { fates_.at(index) = std::move(fates); }
  void same_key(size_t index, size_t other) { keys_.at(index) = keys_.at(other); }
  void bundles(size_t index) { bundled_.push_back(index); }
  [[nodiscard]] uint64_t starts(size_t index) const { return *starts_.at(index); }
  [[nodiscard]] uint64_t all_starts() const {
    uint64_t all = 0;
    for (const auto& each : starts_) all += *each;
    return all;
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

  [[nodiscard]] size_t size() const override { return names_.size(); }
  [[nodiscard]] const std::string& name(size_t index) const override { return names_.at(index); }
  [[nodiscard]] OpenedCandidate open(size_t index, const Interrupt&) override {
    OpenedCandidate opened;
    opened.command_words = " --engine " + names_.at(index);
    if (missing_.at(index)) {
      opened.missing = "cannot be built";
      return opened;
    }
    opened.key = keys_.at(index);
    if (std::find(bundled_.begin(), bundled_.end(), index) != bundled_.end())
      opened.setup.set(agoric::kSupervisor, "{}");
    opened.engine = std::make_unique<FatedEngine>(fates_.at(index), *starts_.at(index));
    return opened;
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::string> keys_;
  std::vector<Fates> fates_;
  std::vector<bool> missing_;
  std::vector<size_t> bundled_;
  std::vector<std::unique_ptr<std::atomic<uint64_t>>> starts_;
};

inline FakeRecording twelve_steps() {
  FakeRecording recording;
  recording.add_deliveries(12);
  return recording;
}

class Bisecting : public testing::Test {
 protected:
  BisectResult bisect(FakeCandidates& candidates) {
    request_.replay.subject_id = "v1";
    ProbeCache cache(cache_directory_);
    EngineShelf shelf(candidates);
    BisectResult result = run_bisect(recording_, shelf, request_, cache, interrupt_, nullptr);
    cache_notes_ = cache.notes();
    return result;
  }
  BisectResult bisect(const std::string& letters) {
    FakeCandidates candidates(letters);
    BisectResult result = bisect(candidates);
    text_ = text(result, candidates);
    return result;
  }
  std::string text(const BisectResult& result, const FakeCandidates& candidates) {
    const BisectReportInput input{
        recording_, recording_.subjects().front(), result, candidates.names(), "", ""};
    const Json json = bisect_json(input);
    EXPECT_EQ(json.dump(), bisect_json(input).dump());
    return bisect_text(input) + bisect_markdown(input);
  }
  static size_t changed_at(const BisectResult& result) {
    EXPECT_TRUE(found_change(result));
    return result.found.transitions.empty() ? 999 : result.found.transitions.front().after;
  }

  FakeRecording recording_ = twelve_steps();
  BisectRequest request_;
  Interrupt interrupt_;
  std::filesystem::path cache_directory_;
  std::vector<std::string> cache_notes_;
  std::string text_;
};

}  // namespace fated_engines
}  // namespace recrank
