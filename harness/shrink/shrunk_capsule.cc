#include "harness/shrink/shrunk_capsule.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "replay/dialect.h"
#include "replay/judge/same_finding.h"
#include "snapshot/capsule/capsule_writer.h"

namespace recrank {
namespace {

ClaimedVerdict verdict_of(const Verdict& verdict, uint64_t step) {
  Verdict here = verdict;
  here.step = step;
  here.as_recorded = false;
  return claimed(here);
}

// "steps 0..3 were steps 1, 7..9 of chain.slog": one line per run of steps that followed each
// other.
std::vector<std::string> notes_on(const MadeRecording& made) {
  const std::vector<MadeStep>& steps = made.made_steps();
  const bool asks = std::any_of(steps.begin(), steps.end(),
                                [](const MadeStep& each) { return !each.calls.empty(); });
  std::vector<std::string> notes{
      "shrunk from " + made.info().path + ": steps were left out" +
      (asks ? ", and the answers to what the rest asked are those of a model of the kernel" : "")};
  for (size_t i = 0; i < steps.size();) {
    size_t last = i;
    while (last + 1 < steps.size() && steps[last + 1].origin == steps[last].origin + 1) ++last;
    const auto range = [](uint64_t from, uint64_t to) {
      return from == to ? " " + std::to_string(from)
                        : "s " + std::to_string(from) + ".." + std::to_string(to);
    };
    notes.push_back("step" + range(i, last) + " of the capsule: step" +
                    range(steps[i].origin, steps[last].origin) + " of the recording");
    i = last + 1;
  }
  return notes;
}

}  // namespace

namespace {

// What is told to a worker that begins at the source's checkpoint.
Setup settled_setup(const ShrunkSource& source) {
  const std::string& id = source.request.subject_id;
  const Dialect& dialect = dialect_of(source.recording);
  Setup setup = source.recording.setup(id, source.checkpoint.next_step);
  dialect.lay_over(setup, source.request.user_setup);
  if (source.checkpoint.kind == CheckpointKind::kGenesis) {
    static_cast<void>(dialect.assume_defaults(setup));
    for (const NamedText& part : source.engine_setup.all()) {
      if (!setup.has(part.name)) setup.set(part.name, part.text);
    }
  }
  return setup;
}

}  // namespace

MadeRecording made_from(const ShrunkSource& source, std::vector<MadeStep> steps) {
  const Subject& subject = find_subject(source.recording, source.request.subject_id);
  return MadeRecording(source.recording, subject, source.checkpoint, settled_setup(source),
                       std::move(steps));
}

void write_shrunk_capsule(const ShrunkSource& source, const MadeRecording& made,
                          const std::optional<Verdict>& verdict, const std::filesystem::path& to) {
  const uint64_t count = made.made_steps().size();
  if (count == 0) throw Error(ErrorCode::kUnsupported, "a capsule without a step proves nothing");
  CapsuleRequest request;
  request.subject_id = source.request.subject_id;
  request.range = {0, count};
  request.checkpoint = made.checkpoints(request.subject_id).front();
  request.setup = made.setup(request.subject_id, 0);
  request.engine = source.engine;
  if (verdict) request.verdict = verdict_of(*verdict, count - 1);
  request.replay_options = source.carried;
  request.notes = notes_on(made);
  request.snapshot_trust = source.request.snapshot_trust;
  write_capsule(made, request, to);
}

void write_cut_capsule(const ShrunkSource& source, StepRange range, const Verdict& verdict,
                       const CutCapsule& to) {
  CapsuleRequest request;
  request.subject_id = source.request.subject_id;
  request.range = range;
  request.checkpoint = source.checkpoint;
  request.setup = settled_setup(source);
  request.engine = source.engine;
  request.verdict = verdict_of(verdict, range.end - 1);
  request.replay_options = source.carried;
  request.notes.push_back("cut from " + source.recording.info().path + ": the steps before " +
                          std::to_string(range.begin) + " were left out; it begins with " +
                          (to.written ? "a state that the engine wrote for it"
                                      : source.checkpoint.label() + " of the recording"));
  request.snapshot_trust = source.request.snapshot_trust;
  write_capsule(source.recording, request, to.path);
}

}  // namespace recrank
