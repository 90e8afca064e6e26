// One run of henyey's verify-execution over the steps of a replay.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/engine.h"
#include "replay/process/worker_process.h"
#include "replay/program/program_engine.h"
#include "replay/stellar/henyey_lines.h"
#include "replay/stellar/ledger_inputs.h"
#include "replay/stellar/private_cache.h"
#include "replay/stellar/restored_state.h"
#include "replay/stellar/two_streams.h"
#include "snapshot/stellar/height_log_line.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {

// What the program stands on. A finding is one only where that is sound.
struct EngineGround {
  LedgerInputs inputs;
  RestoredState state;
  uint64_t checkpoint = 0;  // the ledger whose state it restores
};

// The program executes the whole range by itself; apply() waits for what it says of one ledger.
//
// Neither its exit status nor its summary is believed (docs/systems/henyey.md says why): a ledger
// is done when its own line says with which hash it was closed, and finish() demands that all that
// was said agrees. What it had no input for is kUnsupported, and what it had damaged input for
// kInvalidData: that replay is unjudged.
class HenyeyRun : public program::ProgramRun {
 public:
  // `command` names `cache`, which lives as long as the program.
  HenyeyRun(WorkerCommand command, const Limits& limits, StepRange range, PrivateCache cache,
            EngineGround ground, const Interrupt& interrupt);
  ~HenyeyRun() override;

  StepOutcome apply(const Step& step, CallHandler& handler) override;
  StepOutcome finish() override;

 private:
  StepOutcome await(const Step& step);
  std::optional<StepOutcome> hear(TwoStreams::From from, std::string_view line, const Step& step);
  void note_said(std::string_view line);
  void note_trouble(std::string_view line, HeightLine&& read);
  void hear_errors();
  std::optional<StepOutcome> judge_said(const Step& step);
  StepOutcome judge_mismatch(const VerifyLine& said, const Step& step);
  StepOutcome done(LedgerFacts facts);
  StepOutcome end_without(uint64_t seq);
  [[nodiscard]] std::string last_words() const;
  StepOutcome outcome_of(const WorkerEnd& end);
  const WorkerEnd& end_of_process();
  void demand_sound_end(const WorkerEnd& end) const;

  PrivateCache cache_;
  EngineGround ground_;
  StepRange range_;
  TwoStreams streams_;
  LedgerFacts facts_;            // of the last step
  std::vector<NamedFact> told_;  // views of them
  std::string last_hash_;        // of the last ledger that was closed
  bool any_closed_ = false;
  LedgerFacts differing_;               // what it says that it computed of one that differs
  std::optional<uint64_t> stopped_at_;  // a ledger that mismatched: it goes no further
  std::optional<uint64_t>
      other_history_at_;  // its log: the input names another hash before this one
  std::map<uint64_t, VerifyLine> failures_;  // by ledger, the first of each
  std::optional<uint64_t> mark_;             // the first ledger with kMark
  std::map<VerifyLineKind, uint64_t> summary_;
};

}  // namespace recrank::stellar
