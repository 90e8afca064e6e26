#include "harness/shrink/capsule_proof.h"

#include <cerrno>

#include "base/error.h"
#include "base/unfinished.h"
#include "harness/session/rate_judge.h"
#include "harness/session/replay_session.h"
#include "harness/shrink/predicate_command.h"
#include "snapshot/open/open_recording.h"

namespace recrank {

namespace {

// So many runs of each capsule that a claim rests on.
constexpr uint64_t kClaimRuns = 5;

class Proving {
 public:
  Proving(const std::filesystem::path& file, const Engine& engine, const ShrinkRequest& request,
          const Interrupt& interrupt, const std::function<bool(const Verdict&)>& same)
      : file_(file),
        engine_(engine),
        request_(request),
        interrupt_(interrupt),
        same_(same),
        capsule_(open_recording(file)),
        replay_(request.replay) {
    replay_.from.reset();
    replay_.to.reset();
    replay_.from_genesis = false;
    replay_.user_setup = {};  // it is in the capsule
  }

  // Whether the finding showed; nullopt: interrupted.
  std::optional<bool> run(CapsuleProof& proof, std::optional<Verdict>& shown) {
    const ReplayResult ran = run_once(*capsule_, engine_, replay_, interrupt_).report.result;
    proof.interrupted = ran.verdict.kind == VerdictKind::kInterrupted;
    if (proof.interrupted) return std::nullopt;
    ++proof.runs;
    proof.steps_run += ran.deliveries;
    const bool hit = request_.predicate.empty()
                         ? same_(ran.verdict)
                         : run_predicate(request_.predicate, file_, interrupt_).value_or(false);
    proof.hits += hit;
    (hit ? shown.emplace() : proof.other) = ran.verdict;
    return hit;
  }

 private:
  const std::filesystem::path& file_;
  const Engine& engine_;
  const ShrinkRequest& request_;
  const Interrupt& interrupt_;
  const std::function<bool(const Verdict&)>& same_;
  std::unique_ptr<Recording> capsule_;
  ReplayRequest replay_;
};

}  // namespace

CapsuleProof prove_capsule(const std::filesystem::path& file, const Engine& engine,
                           const ShrinkRequest& request, const Interrupt& interrupt,
                           const std::function<bool(const Verdict&)>& same) {
  CapsuleProof proof;
  std::optional<Verdict> shown;
  Proving proving(file, engine, request, interrupt, same);
  RateJudge judge(request.rule.rate, request.rule.runs);
  while (!judge.answer()) {
    const std::optional<bool> hit = proving.run(proof, shown);
    if (!hit) return proof;
    judge.add(*hit);
  }
  if (*judge.answer()) proof.shown = std::move(shown);
  return proof;
}

void add_runs(const std::filesystem::path& file, const Engine& engine, const ShrinkRequest& request,
              const Interrupt& interrupt, const std::function<bool(const Verdict&)>& same,
              CapsuleProof& proof) {
  const Verdict& seen = proof.shown ? *proof.shown : proof.other;
  const bool slow = seen.limit && !is_engine_limit(seen.limit->kind);
  if (slow) return;
  std::optional<Verdict> shown;
  Proving proving(file, engine, request, interrupt, same);
  while (proof.runs < kClaimRuns && proving.run(proof, shown)) {
  }
}

void name_capsule(const std::filesystem::path& proven, const std::filesystem::path& capsule) {
  if (!rename_to_free_name(proven, capsule)) {
    if (errno != EEXIST) throw_errno("cannot make " + capsule.string(), errno);
    throw Error(ErrorCode::kUsage, capsule.string() + ": it came to be there meanwhile");
  }
  make_durable(parent_of(capsule), capsule);
}

}  // namespace recrank
