#include "harness/request/choose.h"

#include "base/error.h"
#include "base/text.h"
#include "harness/request/capsule_replay.h"
#include "snapshot/joined_recording.h"
#include "snapshot/open/open_recording.h"

namespace recrank {
namespace {

constexpr size_t kShownNameBytes = 40;

// All that can be replayed, and what could be if nothing of it were lost: its verdict says so. The
// rest goes to `not_replayed`.
ChosenSubjects replayable(const Recording& recording) {
  ChosenSubjects chosen;
  for (const Subject& subject : recording.subjects()) {
    if (subject.not_replayable.empty() || subject.lost_in({0, kNoEnd}) != nullptr) {
      chosen.ids.push_back(subject.id);
    } else {
      chosen.not_replayed.push_back(&subject);
    }
  }
  if (!chosen.ids.empty()) return chosen;
  refuse_to_replay(recording);
}

// "vat", or "subject" where there are several kinds.
std::string kinds_of(const Recording& recording) {
  std::string kind;
  for (const Subject& subject : recording.subjects()) {
    if (!kind.empty() && kind != subject.kind) return "subject";
    kind = subject.kind;
  }
  return kind;
}

[[noreturn]] void leave_open(const Recording& recording, const std::string& options) {
  std::string choices;
  for (const Subject& subject : recording.subjects()) {
    if (!subject.not_replayable.empty()) continue;
    choices += " " + subject.id;
    if (!subject.name.empty()) choices += "=" + printable(subject.name, kShownNameBytes);
  }
  throw Error(ErrorCode::kUsage,
              "which " + kinds_of(recording) + "? " + options + "; it holds:" + choices);
}

}  // namespace

Evidence open_evidence(const ReplayCall& call) {
  Evidence evidence = open_evidence(std::filesystem::path(call.recording));
  if (const auto state = call.options.text("checkpoint")) {
    evidence.recording = join_checkpoints(std::move(evidence.recording), open_recording(*state));
  }
  return evidence;
}

void refuse_to_replay(const Recording& recording) {
  const bool one = recording.subjects().size() == 1;
  throw Error(ErrorCode::kUnsupported,
              recording.info().path + ": " +
                  (one ? recording.subjects().front().not_replayable
                       : "it holds nothing that can be replayed (`recrank inspect` says why)"));
}

ChosenSubjects choose_subjects(const Recording& recording, const OptionValues& options) {
  const auto vat = options.text("vat");
  if (vat && options.flag("all")) {
    throw Error(ErrorCode::kUsage, "--vat and --all exclude each other");
  }
  if (vat) return {{find_subject(recording, *vat).id}, {}};
  ChosenSubjects chosen = replayable(recording);
  if (chosen.ids.size() > 1 && !options.flag("all")) leave_open(recording, "--vat V or --all");
  return chosen;
}

std::string choose_subject(const Recording& recording, const OptionValues& options) {
  if (const auto vat = options.text("vat")) return find_subject(recording, *vat).id;
  const ChosenSubjects chosen = replayable(recording);
  if (chosen.ids.size() > 1) leave_open(recording, "--vat V");
  return chosen.ids.front();
}

EngineRegistry speaking(EngineRegistry registry, const OptionValues& options) {
  const auto dialect = options.choice("dialect", {"xsnap-2021", "xsnap-2024"});
  if (dialect) registry.speak(*dialect);
  return registry;
}

std::unique_ptr<Engine> choose_engine(const EngineRegistry& registry, const Recording& recording,
                                      const OptionValues& options, std::string& note) {
  const EngineRegistry spoken = speaking(registry, options);
  if (const auto asked = options.text("engine")) return spoken.open(*asked);
  return open_engine_for(registry, recording, note);
}

}  // namespace recrank
