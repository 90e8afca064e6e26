#include "harness/bisect/bisect_words.h"

#include <algorithm>

#include "base/text.h"
#include "harness/report/repeat_report.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

constexpr size_t kCellBytes = 100;

std::string joined(const std::vector<size_t>& indices, const std::vector<std::string>& names) {
  std::string text;
  for (const size_t i : indices)
    text += (text.empty() ? "" : ", ") + printable(names[i], kCellBytes);
  return text;
}

std::string outcome_words(const EngineProbe& probe) {
  if (!probe.answer) return "";
  if (!probe.why.empty() && probe.answer != EngineAnswer::kBad) return printable(probe.why, 160);
  if (probe.answer == EngineAnswer::kGood) {
    const bool lives_on =
        probe.shown && probe.shown->verdict.lived_on && probe.shown->verdict.lived_on->calls > 0;
    return lives_on ? std::string(kLivedOnWords) : "passes the step";
  }
  if (!probe.shown) return "";
  const Verdict& verdict = probe.shown->verdict;
  return headline(verdict) + (verdict.signature.empty() ? "" : " (" + verdict.signature + ")");
}

// The engines that were asked in vain, beginning where the change may lie outside the list.
std::vector<size_t> untold_end(const BisectResult& result) {
  std::vector<size_t> indices;
  const size_t count = result.engines.size();
  for (size_t k = 0; k < count; ++k) {
    const size_t index = result.find_fix ? count - 1 - k : k;
    const auto& answer = result.engines[index].answer;
    if (answer == EngineAnswer::kGood || answer == EngineAnswer::kBad) break;
    indices.push_back(index);
  }
  if (result.find_fix) std::reverse(indices.begin(), indices.end());
  return indices;
}

std::string not_decided_words(const BisectReportInput& input) {
  const BisectResult& result = input.result;
  const std::vector<size_t> untold = untold_end(result);
  std::string text = "not decided: no engine could be told good; ";
  if (untold.empty()) text = "not decided: the ends of the list could not be told; ";
  else text += joined(untold, input.names) + ": neither good nor bad; ";
  return text + "the change may lie at any of them, or outside the list";
}

std::string ends_words(const BisectReportInput& input) {
  const BisectResult& result = input.result;
  const std::string& first = input.names.front();
  const std::string& last = input.names.back();
  switch (result.found.end) {
    case BisectEnd::kAllGood: return "no engine of the list shows the finding: no change";
    case BisectEnd::kAllBad:
      return printable(result.find_fix ? last : first, kCellBytes) +
             " shows the finding already: the change lies outside the list";
    case BisectEnd::kNotDecided: return not_decided_words(input);
    case BisectEnd::kReversed:
      return printable(first, kCellBytes) + " and " + printable(last, kCellBytes) +
             " behave the other way round" +
             (result.find_fix ? " (without --find-fix?)" : " (with --find-fix?)");
    case BisectEnd::kBackAndForth: return "the finding comes and goes: there is no single change";
    case BisectEnd::kUntold: return "no engine could be told good or bad";
    case BisectEnd::kChange: return "";
  }
  return "";
}

std::string change_words(const BisectReportInput& input) {
  const Transition& change = input.result.found.transitions.front();
  const std::string after = printable(input.names[change.after], kCellBytes);
  const std::string before = printable(input.names[change.before], kCellBytes);
  std::string text =
      change.to_bad
          ? "first bad engine: " + after + "; the last good one is " + before
          : "first engine that does not show it: " + after + "; the last bad one is " + before;
  if (!change.untold.empty()) {
    text += ". Between them, and not told: " + joined(change.untold, input.names) +
            "; the change may lie at any of these";
  }
  return text;
}

// Where runs did not decide: how many would, by what the bad end showed.
std::string enough_runs_line(const BisectResult& result) {
  const bool undecided =
      std::any_of(result.engines.begin(), result.engines.end(),
                  [](const EngineProbe& each) { return each.word == ProbeWord::kUndecided; });
  if (!undecided) return "";
  return "what is not decided needs " + enough_runs_words(result.bad_end->enough_runs);
}

// A race dies in several ways: the signature that was met first is one of them.
std::string alike_line(const BisectReportInput& input) {
  const BisectResult& result = input.result;
  uint64_t met = 0;
  uint64_t alike = 0;
  for (const EngineProbe& each : result.engines) {
    if (each.same_as) continue;
    met += each.tally.met;
    alike += each.tally.alike;
  }
  const BadEnd& bad = *result.bad_end;
  const uint64_t of_bad = result.engines[bad.index].tally.alike;
  if (result.hunted->any || alike == 0 || (of_bad == 0 && alike <= met)) return "";
  const std::string kind(to_string(result.hunted->verdict.kind));
  std::string text = counted(alike, "run") + " " + kind + " in another way";
  if (of_bad > 0) {
    text += ", " + std::to_string(of_bad) + " of them of " +
            printable(input.names[bad.index], kCellBytes) +
            ", which shows more than one: like a race that dies where it happens to be";
  }
  return text + "; --any-finding judges by what is found at all, not by its signature";
}

// What was run and does not count, and what was not run.
std::string silent_words(const Caution& caution) {
  std::string text;
  const auto add = [&text](size_t count, const char* words) {
    if (count > 0) text += " " + std::to_string(count) + words;
  };
  add(caution.silent, " more cannot tell.");
  add(caution.idle, " more never came to what was to be varied.");
  add(caution.of_itself, " more ended in a heap that nobody recorded, not in a step.");
  for (const std::string& each : caution.left_out) text += " Left out " + each + ".";
  return text;
}

}  // namespace

std::string probe_word(const EngineProbe& probe) {
  if (!probe.answer) return "-";
  if (probe.word == ProbeWord::kUndecided) return "not decided";
  switch (*probe.answer) {
    case EngineAnswer::kGood: return "good";
    case EngineAnswer::kBad: return "bad";
    case EngineAnswer::kOther: return "other";
    case EngineAnswer::kSkip: return "skipped";
  }
  return "";
}

std::string runs_words(const ProbeTally& tally) {
  if (tally.judged() == 0) return "-";
  return std::to_string(tally.met) + " of " + std::to_string(tally.judged());
}

// "0 of 7 runs", for sentences.
std::string told_runs(const ProbeTally& tally) {
  return tally.judged() == 0 ? "no run" : counted_of(tally.met, tally.judged(), "run");
}

std::string finding_title(const HuntedFinding& hunted) {
  const Verdict& verdict = hunted.verdict;
  return verdict.signature.empty()
             ? headline(verdict)
             : verdict.signature + " at step " + std::to_string(*verdict.step);
}

std::string chance_words(double chance) { return percent_up(chance); }

std::vector<std::vector<std::string>> engine_rows(const BisectReportInput& input) {
  std::vector<std::vector<std::string>> rows{
      {"engine", "word", "met", "outcome", "start", "again", "cached"}};
  for (size_t i = 0; i < input.result.engines.size(); ++i) {
    const EngineProbe& probe = input.result.engines[i];
    const std::string twin =
        probe.same_as ? " (same engine as " + printable(input.names[*probe.same_as], 60) + ")" : "";
    rows.push_back({printable(input.names[i], kCellBytes), probe_word(probe),
                    runs_words(probe.tally), outcome_words(probe) + twin,
                    probe.start && probe.answer ? probe.start->label() : "-",
                    runs_words(probe.confirmed), std::to_string(probe.from_cache)});
  }
  return rows;
}

std::string bisect_answer(const BisectReportInput& input) {
  const BisectResult& result = input.result;
  switch (result.stop) {
    case BisectStop::kInterrupted:
      return result.keeps ? "interrupted; what was learned is kept, and the same command goes on"
                          : "interrupted; nothing is kept, and the same command begins anew";
    case BisectStop::kNoFinding:
    case BisectStop::kUnjudged: return printable(result.why);
    case BisectStop::kSearched: break;
  }
  if (result.found.end == BisectEnd::kChange) {
    return change_words(input) +
           (result.ends_as_claimed ? "" : " (but the bad end shows nothing itself: see the table)");
  }
  std::string text = ends_words(input);
  for (const Transition& each : result.found.transitions) {
    text += std::string("; ") + (each.to_bad ? "bad" : "good") + " from " +
            printable(input.names[each.after], kCellBytes) + " on";
  }
  return text;
}

std::vector<std::string> bisect_grounds(const BisectReportInput& input) {
  const BisectResult& result = input.result;
  std::vector<std::string> lines;
  if (!result.bad_end) return lines;
  const BadEnd& bad = *result.bad_end;
  const std::string from = bad.start.label();
  if (bad.near_missed) {
    lines.push_back("from the nearest checkpoint the bad end showed it in " +
                    told_runs(*bad.near_missed) + ": probes begin at " + from);
  }
  const std::string name = printable(input.names[bad.index], kCellBytes);
  if (bad.tally.judged() > 0) {
    lines.push_back(name + " showed it in " + told_runs(bad.tally) + " from " + from +
                    ", behind the run that met it first: a rate of at least " +
                    percent(bad.least_rate) + " (95 %)");
  } else {
    lines.push_back(name +
                    " showed it once; --runs 1 takes it to come every time, and no chance "
                    "of a miss is given");
  }
  for (const std::string& line : {enough_runs_line(result), alike_line(input)}) {
    if (!line.empty()) lines.push_back(line);
  }
  if (result.stop != BisectStop::kSearched || result.found.end != BisectEnd::kChange) return lines;
  if (bad.tally.judged() > 0) {
    lines.push_back(
        "that an engine called good only missed so frequent a finding has a chance of " +
        chance_words(result.miss_bound) +
        " at most, if there is one change in the list "
        "and a bad engine shows it as often as the bad end");
  }
  const EngineProbe* probes[2] = {&result.engines[result.found.transitions.front().before],
                                  &result.engines[result.found.transitions.front().after]};
  const auto words = [](const EngineProbe& probe) {
    return told_runs(probe.confirmed.judged() > 0 ? probe.confirmed : probe.tally);
  };
  lines.push_back("from the start of the range (" + result.whole.checkpoint.label() +
                  ") the two neighbours show it in " + words(*probes[0]) + " and " +
                  words(*probes[1]) + ": " +
                  (result.confirmed ? "they differ" : "that is not enough to tell them apart"));
  return lines;
}

std::string bisect_caution(const BisectReportInput& input) {
  const BisectResult& result = input.result;
  if (result.stop != BisectStop::kSearched || result.found.end != BisectEnd::kChange) return "";
  const Transition& change = result.found.transitions.front();
  const std::string good =
      printable(input.names[change.to_bad ? change.before : change.after], kCellBytes);
  std::string text =
      change.to_bad
          ? "The finding is not seen up to " + good + ". This does not show that " + good +
                " is free of its cause: the next engine may only have brought it to light."
          : "The finding is not seen from " + good + " on. This does not show that " + good +
                " mends it: it may only hide it.";
  if (!result.caution) return text + " No variations of it were run.";
  const Caution& caution = *result.caution;
  const std::string what = caution.perturbed ? "perturbed runs" : "more plain runs";
  if (!caution.perturbed) text += " " + good + " cannot be perturbed (" + caution.why_not + ").";
  const size_t told = caution.met + caution.passed + caution.other;
  const std::string silent = silent_words(caution);
  if (told == 0) {
    return text + " None of " + std::to_string(caution.asked) + " " + what + " of it can tell." +
           silent;
  }
  text += " " + std::to_string(caution.met) + " of " + std::to_string(told) + " " + what + " of " +
          good + " show it";
  if (caution.other > 0) text += ", " + std::to_string(caution.other) + " end otherwise";
  if (caution.met == 0)
    return text + (caution.other == 0 ? ": they support that it is not there." : ".") + silent;
  text += ": it is there, only hidden (";
  for (size_t i = 0; i < caution.met_by.size(); ++i)
    text += (i == 0 ? "" : "; ") + caution.met_by[i];
  return text + ")." + silent;
}

}  // namespace recrank
