#include "harness/cli/packing.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "harness/cli/progress.h"
#include "harness/engines/engine_setup.h"
#include "harness/request/capsule_replay.h"
#include "harness/request/choose.h"
#include "harness/request/replay_options.h"
#include "replay/dialect.h"
#include "replay/judge/same_finding.h"

namespace recrank {
namespace {

constexpr size_t kNoteBytesMax = size_t{64} << 10;

// What the recording and the user say.
Setup told_setup(const Packing& packing, uint64_t step) {
  Setup setup = packing.recording.setup(packing.base.subject_id, step);
  dialect_of(packing.recording).lay_over(setup, packing.base.user_setup);
  return setup;
}

// The same with what an engine adds of its own.
Setup setup_at(Packing& packing, uint64_t step) {
  Setup setup = told_setup(packing, step);
  const auto parts = engine_parts();
  const bool whole = std::all_of(parts.begin(), parts.end(),
                                 [&](std::string_view part) { return setup.has(part); });
  if (setup.tells_nothing() || whole) return setup;
  if (packing.engine == nullptr) choose_engine(packing);
  fill_from_engine(setup, packing.registry, packing.engine->identity());
  return setup;
}

}  // namespace

Packing begin_packing(const Recording& recording, const Arguments& arguments,
                      const EngineRegistry& registry) {
  Packing packing{recording, arguments, registry, nullptr, request_from(arguments), {}, {}, {}};
  packing.base.subject_id = packing.request.subject_id = choose_subject(recording, arguments);
  return packing;
}

void choose_engine(Packing& packing) {
  std::string note;
  packing.engine = choose_engine(packing.registry, packing.recording, packing.arguments, note);
  if (!note.empty()) packing.notes.push_back(note);
}

bool see_verdict(Packing& packing, Context& context, size_t runs, const std::string& remedy) {
  SessionRequest session;
  session.base = packing.base;
  session.repeat = runs;
  session.repeat_all = runs > 1;
  session.subject_ids = {packing.base.subject_id};
  ProgressTotals totals;
  if (context.console.progress) {
    const SessionSize size = measure_session(packing.recording, session, context.interrupt);
    totals = {size.steps, size.computrons};
  }
  Progress progress(context.console.err, context.console.progress, packing.base.subject_id, totals);
  packing.session = std::move(
      run_session(packing.recording, *packing.engine, session, context.interrupt, &progress)
          .front());
  const ReplayResult& result = packing.session->report.result;
  const Verdict& verdict = result.verdict;
  if (verdict.kind == VerdictKind::kInterrupted) return false;
  if (verdict.kind == VerdictKind::kUnjudged) {
    throw Error(ErrorCode::kUnsupported, "its replay is unjudged: " + verdict.reason + remedy);
  }
  CapsuleRequest& request = packing.request;
  request.range = result.plan.range;
  request.checkpoint = result.plan.checkpoint;
  if (verdict.step && packing.base.on_divergence == OnDivergence::kStop) {
    request.range.end = *verdict.step + 1;
  }
  request.verdict = claimed(verdict);
  return true;
}

void take_plan(Packing& packing) {
  const ReplayPlan plan = plan_replay(packing.recording, packing.base);
  packing.request.range = plan.range;
  packing.request.checkpoint = plan.checkpoint;
  const HashReport hashes = packing.recording.verify({packing.base.subject_id, plan.range});
  for (const Damage& damage : hashes.damage) {
    throw Error(ErrorCode::kInvalidData,
                "the evidence is damaged: " + damage.place + ": " + damage.what);
  }
}

// Fresh workers start at a genesis that opens the range and at those inside it.
void collect(Packing& packing) {
  CapsuleRequest& request = packing.request;
  const bool genesis = request.checkpoint.kind == CheckpointKind::kGenesis;
  request.setup =
      genesis ? setup_at(packing, request.range.begin) : told_setup(packing, request.range.begin);
  for (const Checkpoint& each : packing.recording.checkpoints(request.subject_id)) {
    if (!each.available || each.next_step <= request.range.begin) continue;
    if (each.next_step >= request.range.end) continue;
    if (each.kind == CheckpointKind::kGenesis) {
      request.later_setups.emplace_back(each.next_step, setup_at(packing, each.next_step));
    } else if (packing.arguments.flag("all-checkpoints")) {
      request.more_checkpoints.push_back(each);
    }
  }
  if (packing.engine != nullptr) {
    const EngineIdentity& identity = packing.engine->identity();
    // A path says nothing to somebody else.
    const std::string name = std::filesystem::path(identity.name).filename().string();
    request.engine = {name.empty() ? "engine" : name, identity.sha256, identity.version,
                      identity.dialect, how_to_get(packing.registry, identity)};
  }
  request.replay_options = capsule_options_of(packing.arguments);
  if (!request.checkpoint.only_when_asked.empty()) {
    request.notes.push_back("begins where a replay begins only when it is asked to: " +
                            request.checkpoint.only_when_asked);
  }
  request.snapshot_trust = packing.base.snapshot_trust;
  request.replace_existing = packing.arguments.flag("force");
  if (const auto note = packing.arguments.text("note")) {
    if (note->size() > kNoteBytesMax)
      throw Error(ErrorCode::kUsage, "--note is longer than 64 KiB");
    request.notes.push_back(*note);
  }
}

}  // namespace recrank
