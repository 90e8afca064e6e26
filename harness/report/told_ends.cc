#include "harness/report/told_ends.h"

#include <algorithm>
#include <iterator>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr size_t kEndedNameBytes = 60;

// The name that `recording` has for the subject; empty: it knows none.
std::string name_in(const Recording& recording, const std::string& id) {
  for (const Subject& subject : recording.subjects()) {
    if (subject.id == id) return subject.name;
  }
  return "";
}

// The first subject that both name, and otherwise; empty: none.
std::string named_otherwise(const Recording& recording, const Recording& log) {
  for (const Subject& subject : log.subjects()) {
    const std::string name = name_in(recording, subject.id);
    if (!name.empty() && !subject.name.empty() && name != subject.name) return subject.id;
  }
  return "";
}

// What tells of an end outweighs what tells of a failure.
void add(ToldEnds& told, const Recording& teller, const std::string& told_by) {
  const std::vector<RecordedEnd>* ends = teller.ends();
  if (ends == nullptr) return;
  told.asked_log = true;
  for (const RecordedEnd& end : *ends) {
    const auto known = std::find_if(told.ends.begin(), told.ends.end(), [&](const ToldEnd& each) {
      return each.end.subject_id == end.subject_id;
    });
    if (known == told.ends.end()) {
      told.ends.push_back({end, told_by});
    } else if (end.ended && (!known->end.ended || known->end.cause.empty())) {
      *known = {end, told_by};
    }
  }
}

// The steps of the log behind the last one that the recording holds, where both count alike.
StepRange steps_behind(const Subject& subject, const Subject& in_log) {
  if (subject.held.empty() || in_log.held.empty()) return {};
  const uint64_t end = subject.held.back().end - subject.number_offset + in_log.number_offset;
  const uint64_t begin = std::max(end, in_log.held.back().begin);
  if (end < in_log.unnumbered_before || end < subject.unnumbered_before) return {};
  return {begin, in_log.held.back().end};
}

void add_longer(const Recording& recording, const Recording& log, const Companion& companion,
                ToldEnds& told) {
  for (const Subject& subject : recording.subjects()) {
    const auto in_log = std::find_if(log.subjects().begin(), log.subjects().end(),
                                     [&](const Subject& each) { return each.id == subject.id; });
    if (in_log == log.subjects().end()) continue;
    const StepRange behind = steps_behind(subject, *in_log);
    if (behind.empty()) continue;
    // In an archive the log has no name that a command could be given.
    const std::string path = companion.path.string();
    const bool in_place = path.starts_with(recording.info().path);
    told.longer.push_back(
        {subject.id, behind, companion.shown,
         in_place ? "recrank replay " + shell_quote(path) + " --vat " + subject.id : ""});
  }
}

void read_log(const Recording& recording, const Companion& companion, ToldEnds& told) {
  try {
    const auto log = open_recording(companion.path);
    const std::string stranger = named_otherwise(recording, *log);
    if (stranger.empty()) {
      add(told, *log, companion.shown);
      add_longer(recording, *log, companion, told);
    } else {
      told.notes.push_back(companion.shown + " is left out: it names " + stranger +
                           " otherwise, so it tells of another history");
    }
  } catch (const Error& error) {
    told.notes.push_back(companion.shown + " cannot be read: " + error.what());
  }
}

std::string place_words(const RecordedEnd& end) {
  std::string text;
  if (end.step) text += (end.ended ? " in step " : " step ") + std::to_string(*end.step);
  if (!end.ended) text += " failed";
  if (end.crank) text += ", crank " + std::to_string(*end.crank);
  if (end.block) text += ", block " + std::to_string(*end.block);
  return text;
}

std::string line_of(const ToldEnd& told) {
  const RecordedEnd& end = told.end;
  std::string text = "  " + end.subject_id;
  if (!end.name.empty()) text += " " + printable(end.name, kEndedNameBytes);
  text += (end.ended ? "  died" : " ") + place_words(end) + ": ";
  text += end.cause.empty() ? "the log does not say why" : printable(end.cause);
  if (!told.told_by.empty()) text += "  (" + printable(told.told_by) + ")";
  return text + "\n";
}

std::string line_of(const LongerLog& longer) {
  return "  " + longer.subject_id + "  " + printable(longer.told_by) + " goes on: steps " +
         range_text(longer.steps) + " of it are not in this recording" +
         (longer.command.empty() ? "" : " (" + longer.command + ")") + "\n";
}

Json ends_json(const std::vector<ToldEnd>& ends) {
  Json list = Json::array();
  for (const ToldEnd& each : ends) {
    const RecordedEnd& end = each.end;
    Json one{{"id", end.subject_id}, {"name", printable(end.name)}, {"ended", end.ended}};
    if (end.step) one["step"] = *end.step;
    if (end.crank) one["crank"] = *end.crank;
    if (end.block) one["block"] = *end.block;
    if (!end.cause.empty()) one["cause"] = printable(end.cause);
    if (!each.told_by.empty()) one["told_by"] = printable(each.told_by);
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

ToldEnds read_told_ends(const Evidence& evidence) {
  ToldEnds told;
  const Recording& recording = *evidence.recording;
  add(told, recording, "");
  for (const Companion& companion : evidence.companions) read_log(recording, companion, told);
  std::sort(told.ends.begin(), told.ends.end(), [](const ToldEnd& a, const ToldEnd& b) {
    return vat_id_less(a.end.subject_id, b.end.subject_id);
  });
  for (ToldEnd& each : told.ends) {
    if (each.end.name.empty()) each.end.name = name_in(recording, each.end.subject_id);
  }
  return told;
}

ToldEnds read_told_ends(const Evidence& evidence, const std::string& subject_id) {
  ToldEnds told = read_told_ends(evidence);
  std::erase_if(told.ends, [&](const ToldEnd& each) { return each.end.subject_id != subject_id; });
  std::erase_if(told.longer, [&](const LongerLog& each) { return each.subject_id != subject_id; });
  return told;
}

void add_told_ends(const ToldEnds& told, Json& report) {
  if (!told.ends.empty()) report["ended"] = ends_json(told.ends);
  for (const LongerLog& each : told.longer) {
    Json one{{"id", each.subject_id},
             {"in", printable(each.told_by)},
             {"from", each.steps.begin},
             {"to", each.steps.end - 1}};
    if (!each.command.empty()) one["replay_with"] = each.command;
    report["goes_on"].push_back(std::move(one));
  }
}

std::string told_lines(const ToldEnds& told) {
  std::string text;
  for (const ToldEnd& each : told.ends) text += line_of(each);
  for (const LongerLog& each : told.longer) text += line_of(each);
  return text;
}

std::string told_ends_text(const ToldEnds& told, const Recording& recording) {
  std::string text = told_lines(told);
  for (const Subject& subject : recording.subjects()) {
    const bool known = std::any_of(told.ends.begin(), told.ends.end(), [&](const ToldEnd& each) {
      return each.end.ended && each.end.subject_id == subject.id;
    });
    if (subject.state != SubjectState::kTerminated || known) continue;
    text += "  " + subject.id;
    if (!subject.name.empty()) text += " " + printable(subject.name, kEndedNameBytes);
    text += told.asked_log ? "  terminated; no log says why\n"
                           : "  terminated; only a slog says why, and none lies beside it\n";
  }
  return text.empty() ? "" : "vats that died, and steps that failed:\n" + text;
}

}  // namespace recrank
