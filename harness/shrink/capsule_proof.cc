#include "harness/shrink/capsule_proof.h"

#include <system_error>

#include "base/error.h"
#include "harness/session/rate_judge.h"
#include "harness/session/replay_session.h"
#include "harness/shrink/predicate_command.h"
#include "snapshot/open/open_recording.h"

namespace recrank {

CapsuleProof prove_capsule(const std::filesystem::path& file, const Engine& engine,
                           const ShrinkRequest& request, const Interrupt& interrupt,
                           const std::function<bool(const Verdict&)>& same) {
  const auto capsule = open_recording(file);
  ReplayRequest replay = request.replay;
  replay.from.reset();
  replay.to.reset();
  replay.from_genesis = false;
  CapsuleProof proof;
  std::optional<Verdict> shown;
  RateJudge judge(request.rule.rate, request.rule.runs);
  while (!judge.answer()) {
    const ReplayResult ran = run_once(*capsule, engine, replay, interrupt).report.result;
    proof.interrupted = ran.verdict.kind == VerdictKind::kInterrupted;
    if (proof.interrupted) return proof;
    ++proof.runs;
    proof.steps_run += ran.deliveries;
    const bool hit = request.predicate.empty()
                         ? same(ran.verdict)
                         : run_predicate(request.predicate, file, interrupt).value_or(false);
    judge.add(hit);
    if (hit) shown = ran.verdict;
    if (!hit) proof.other = ran.verdict;
  }
  proof.hits = judge.hits();
  if (*judge.answer()) proof.shown = std::move(shown);
  return proof;
}

void name_capsule(const std::filesystem::path& proven, const std::filesystem::path& capsule) {
  std::error_code none;
  if (std::filesystem::exists(capsule, none)) {
    throw Error(ErrorCode::kUsage, capsule.string() + ": it came to be there meanwhile");
  }
  std::filesystem::rename(proven, capsule);
}

}  // namespace recrank
