// One scenario while it runs: its recording, its engines, its cases.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/engines/engine_candidates.h"
#include "harness/scenario/scenario_evidence.h"
#include "harness/scenario/scenario_recording.h"
#include "harness/scenario/scenario_run.h"
#include "snapshot/recording.h"

namespace recrank {

// Thread rule: open() first, by one thread; then run() of different works from several at once;
// then take(), by one.
class ScenarioSession {
 public:
  ScenarioSession(const ScenarioEntry& entry, const RunRequest& request,
                  const EngineRegistry& registry, const RunObserver& observer);

  // Finds the recording and the engines. Afterwards works() of them are to be run; what cannot be
  // run is judged so already.
  void open(const RecordingStore& store, const Interrupt& interrupt);
  [[nodiscard]] size_t works() const { return works_.size(); }
  void run(size_t work, const Interrupt& interrupt);

  // All of its cases, without open(), as interrupted.
  void interrupt_all();
  // Lets go of recording and engines.
  [[nodiscard]] ScenarioResult take();

 private:
  struct Case {
    size_t engine = 0;
    std::string subject;  // as the scenario has it; with "all" the id
    std::string id;
    const ExpectationRule* rule = nullptr;
    CaseResult result;
  };
  // What is run once: a subject on an engine, for each case in which it is the same engine. No
  // cases: the reading.
  struct Work {
    size_t engine = 0;
    std::string id;
    std::vector<size_t> cases;
  };

  void refuse_all(CaseOutcome outcome, const std::string& why);
  void expect_reading();
  void list_cases();
  void add_case(size_t engine, const std::string& subject, const Subject* known);
  void check_rules() const;
  void open_engines(const Interrupt& interrupt);
  void plan_works();
  void read_recording();
  void run_cases(const Work& work, const Interrupt& interrupt);
  void judge(Case& each, const SubjectSession& session, double wall_s, const Case& leader);
  void look_at_source(const Work& work, const ReplayRequest& base, const Interrupt& interrupt);
  void finish(CaseResult& result);
  [[nodiscard]] ReplayCall call_for(const OpenedCandidate& engine) const;
  void keep_files(CaseResult& result) const;

  const ScenarioEntry& entry_;
  const RunRequest& request_;
  const EngineRegistry& registry_;
  const RunObserver& observer_;
  ScenarioEvidence evidence_;
  std::vector<OpenedCandidate> engines_;
  std::optional<CaseResult> reading_;
  std::vector<Case> cases_;
  std::vector<Work> works_;
  std::string why_;
};

}  // namespace recrank
