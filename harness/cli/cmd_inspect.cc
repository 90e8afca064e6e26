// `recrank inspect`: what a recording holds, without an engine.

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/cli/inspect_steps.h"
#include "harness/console/exit_status.h"
#include "harness/report/verdict_report.h"
#include "harness/session/nearby_steps.h"
#include "replay/dialect.h"
#include "snapshot/open/open_recording.h"

namespace recrank {
namespace {

ArgumentSpec inspect_spec() {
  ArgumentSpec spec;
  spec.usage = "inspect RECORDING [--verify] [--vat V [--from N] [--to N] | --vat V --step N]";
  spec.about =
      "Shows what a recording holds: vats, steps, checkpoints, and what is damaged or missing.\n"
      "Nothing is run and nothing is changed. With --verify every stored hash is computed anew.";
  spec.examples =
      "  recrank inspect swingstore.sqlite --verify\n"
      "  recrank inspect dot-ag-chain-cosmos.tar.bz2\n"
      "  recrank inspect chain.slog.gz --vat v9 --from 60\n"
      "  recrank inspect swingstore.sqlite --vat v6 --step 50\n";
  spec.positional_min = 1;
  spec.positional_max = 1;
  spec.positional_names = Names::kRecording;
  add_flag(spec, "verify", "check all stored hashes and read all steps");
  add_value(spec, "vat", "V", "one vat: its checkpoints, and with --from or --to its steps");
  add_value(spec, "from", "N", "list the steps from this one on");
  add_value(spec, "to", "N", "last step to list, inclusive");
  add_step_options(spec);
  return spec;
}

struct SnapshotCount {
  size_t known = 0;
  size_t available = 0;
};

SnapshotCount count_snapshots(const std::vector<Checkpoint>& checkpoints) {
  SnapshotCount count;
  for (const Checkpoint& checkpoint : checkpoints) {
    if (checkpoint.kind != CheckpointKind::kHeapSnapshot) continue;
    ++count.known;
    if (checkpoint.available) ++count.available;
  }
  return count;
}

std::string snapshots_text(const SnapshotCount& count) {
  if (count.known == 0) return "-";
  std::string text = std::to_string(count.available);
  if (count.available != count.known) text += " of " + std::to_string(count.known);
  return text;
}

std::string_view state_text(SubjectState state) {
  return state == SubjectState::kAlive ? "alive" : "terminated";
}

std::string subjects_table(const Recording& recording) {
  std::vector<std::vector<std::string>> rows{{"vat", "name", "state", "worker", "steps", "held",
                                              "incarnations", "heap snapshots", "note"}};
  for (const Subject& subject : recording.subjects()) {
    const SnapshotCount snapshots = count_snapshots(recording.checkpoints(subject.id));
    rows.push_back({subject.id, subject.name.empty() ? "-" : printable(subject.name, 40),
                    std::string(state_text(subject.state)),
                    subject.manager.empty() ? "-" : printable(subject.manager, 20),
                    format_count(subject.held_count()), ranges_text(subject.held),
                    std::to_string(subject.incarnations), snapshots_text(snapshots),
                    printable(subject.not_replayable, 120)});
  }
  return format_table(rows);
}

Json checkpoint_json(const Checkpoint& checkpoint) {
  Json out{{"label", checkpoint.label()},
           {"next_step", checkpoint.next_step},
           {"incarnation", checkpoint.incarnation},
           {"available", checkpoint.available}};
  if (!checkpoint.sha256.empty()) out["sha256"] = checkpoint.sha256;
  if (checkpoint.size_bytes != 0) out["size_bytes"] = checkpoint.size_bytes;
  return out;
}

Json subject_json(const Recording& recording, const Subject& subject) {
  Json held = Json::array();
  for (const StepRange range : subject.held)
    held.push_back({{"from", range.begin}, {"to", range.end - 1}});
  Json checkpoints = Json::array();
  for (const Checkpoint& each : recording.checkpoints(subject.id))
    checkpoints.push_back(checkpoint_json(each));
  Json out{{"kind", subject.kind},
           {"id", subject.id},
           {"name", printable(subject.name)},
           {"state", state_text(subject.state)},
           {"worker", printable(subject.manager)},
           {"replayable", subject.not_replayable.empty()}};
  if (!subject.not_replayable.empty()) out["why_not"] = printable(subject.not_replayable);
  out["steps"] = subject.held_count();
  out["held"] = std::move(held);
  for (const MissingSteps& each : subject.missing) {
    Json one{{"from", each.steps.begin}, {"why", printable(each.why)}, {"lost", each.lost()}};
    if (each.steps.end != kNoEnd) one["to"] = each.steps.end - 1;
    out["missing"].push_back(std::move(one));
  }
  out["incarnations"] = subject.incarnations;
  out["checkpoints"] = std::move(checkpoints);
  return out;
}

std::string checkpoints_table(const std::vector<Checkpoint>& checkpoints) {
  std::vector<std::vector<std::string>> rows{
      {"checkpoint", "next step", "incarnation", "size", "sha256"}};
  for (const Checkpoint& each : checkpoints) {
    rows.push_back({each.label(), std::to_string(each.next_step), std::to_string(each.incarnation),
                    each.size_bytes == 0 ? "-" : format_bytes(each.size_bytes),
                    each.available ? (each.sha256.empty() ? "-" : each.sha256) : "pruned"});
  }
  return format_table(rows);
}

void list_steps(const Recording& recording, const Subject& subject, const Arguments& arguments,
                Context& context, CommandResult& result) {
  const uint64_t from = arguments.number("from").value_or(0);
  const uint64_t to = arguments.number("to").value_or(UINT64_MAX - 1);
  const auto ranges = held_between(subject, from, to);
  Json steps = Json::array();
  Step step;
  for (const StepRange range : ranges) {
    const auto stream = recording.steps(subject.id, range);
    while (!context.interrupt.requested() && stream->next(step)) {
      const std::string what = describe_delivery(dialect_of(recording), step);
      result.text += std::to_string(step.number) + "  " + what + "\n";
      steps.push_back({{"step", step.number}, {"what", what}});
    }
  }
  result.report["listed"] = std::move(steps);
}

void tell_damage(const std::vector<Damage>& found, CommandResult& result) {
  Json damage = Json::array();
  for (const Damage& each : found) {
    result.text += "DAMAGED    " + printable(each.place) + ": " + printable(each.what) + "\n";
    damage.push_back({{"subject", each.subject_id},
                      {"place", printable(each.place)},
                      {"what", printable(each.what)}});
  }
  result.report["damage"] = std::move(damage);
  if (!found.empty()) result.exit_status = kExitUnjudged;
}

// What shows without computing a hash: steps that were there and are lost.
void tell_losses(const Recording& recording, const Subject* chosen, CommandResult& result) {
  std::vector<Damage> lost;
  for (const Subject& subject : recording.subjects()) {
    if (chosen != nullptr && chosen != &subject) continue;
    for (const MissingSteps& each : subject.missing) {
      if (each.lost()) lost.push_back({each.damaged_place, each.why, subject.id});
    }
  }
  result.text += "\nhashes     not checked (--verify)\n";
  if (!lost.empty()) tell_damage(lost, result);
}

void verify(const Recording& recording, const std::string& subject_id, CommandResult& result) {
  const HashReport hashes = recording.verify({subject_id, std::nullopt});
  result.text += "\nhashes     " + counted(hashes.spans, "span") + ", " +
                 counted(hashes.snapshots, "heap snapshot") + ", " +
                 counted(hashes.bundles, "bundle") + " checked, " +
                 std::to_string(hashes.damage.size()) + " damaged\n";
  const bool nothing = hashes.spans + hashes.snapshots + hashes.bundles == 0;
  if (nothing && hashes.damage.empty() && hashes.uncovered.empty()) {
    result.text += "           this kind of recording stores no hashes: only its text was read\n";
  }
  Json uncovered = Json::array();
  for (const std::string& each : hashes.uncovered) {
    result.text += "not covered  " + printable(each) + "\n";
    uncovered.push_back(printable(each));
  }
  result.report["hashes"] = {
      {"spans", hashes.spans}, {"snapshots", hashes.snapshots}, {"bundles", hashes.bundles}};
  result.report["uncovered"] = std::move(uncovered);
  tell_damage(hashes.damage, result);
}

CommandResult run_inspect(const Arguments& arguments, Context& context) {
  const auto recording = open_recording(arguments.positional().front());
  const RecordingInfo& info = recording->info();
  const auto vat = arguments.text("vat");
  if (!vat && (arguments.has("from") || arguments.has("to"))) {
    throw Error(ErrorCode::kUsage, "--from and --to list steps of one vat: give --vat as well");
  }
  if (!vat && asks_for_steps(arguments)) {
    throw Error(ErrorCode::kUsage, "--step and --steps show steps of one vat: give --vat as well");
  }
  const Subject* chosen = vat ? &find_subject(*recording, *vat) : nullptr;
  uint64_t steps = 0;
  Json subjects = Json::array();
  for (const Subject& subject : recording->subjects()) {
    steps += subject.held_count();
    if (chosen == nullptr || chosen == &subject)
      subjects.push_back(subject_json(*recording, subject));
  }
  CommandResult result;
  result.report = {{"schema", "recrank.inspect/1"}, {"recording", recording_json(info, steps)}};
  if (asks_for_steps(arguments)) {
    result.report["subject"] = {
        {"kind", chosen->kind}, {"id", chosen->id}, {"name", printable(chosen->name)}};
    result.text = chosen->id + " " + printable(chosen->name, 60) + "  " + info.kind + "  " +
                  printable(info.path) + "\n";
    inspect_steps(*recording, *chosen, arguments, context, result);
    return result;
  }
  Json facts = Json::object();
  result.text = "recording  " + info.kind + "  " + printable(info.path) +
                (info.evidence.empty() ? "" : " (" + printable(info.evidence) + ")") + "\n";
  for (const auto& [name, value] : info.facts) {
    facts[name] = printable(value);
    result.text += "           " + name + " " + printable(value, 200) + "\n";
  }
  result.report["facts"] = std::move(facts);
  result.report["notes"] = Json::array();
  for (const std::string& note : info.notes) {
    result.report["notes"].push_back(printable(note));
    result.text += "note       " + printable(note) + "\n";
  }
  result.report["subjects"] = std::move(subjects);
  result.text += "\n";
  if (chosen == nullptr) {
    result.text += subjects_table(*recording);
  } else {
    result.text += chosen->id + " " + printable(chosen->name, 60) + "  " +
                   std::string(state_text(chosen->state)) + "  " +
                   counted(chosen->held_count(), "step") + ": " + ranges_text(chosen->held) + "\n";
    if (!chosen->not_replayable.empty())
      result.text += "not replayable: " + printable(chosen->not_replayable) + "\n";
    result.text += checkpoints_table(recording->checkpoints(chosen->id));
    if (arguments.has("from") || arguments.has("to"))
      list_steps(*recording, *chosen, arguments, context, result);
  }
  if (arguments.flag("verify")) {
    verify(*recording, chosen == nullptr ? "" : chosen->id, result);
  } else {
    tell_losses(*recording, chosen, result);
  }
  return result;
}

}  // namespace

const Command kInspectCommand{"inspect", "what a recording holds, and whether it is whole",
                              inspect_spec, run_inspect};

}  // namespace recrank
