#include "harness/bisect_answer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "harness/rate.h"
#include "harness/repeat_report.h"
#include "harness/verdict_report.h"

namespace recrank {
namespace {

constexpr size_t kNamesShown = 12;
constexpr size_t kOutcomeBytes = 160;

std::string names_of(const BisectResult& result, const std::vector<size_t>& indices) {
  std::string text;
  for (size_t i = 0; i < std::min(indices.size(), kNamesShown); ++i) {
    text += (i == 0 ? "" : ", ") + printable(result.entries[indices[i]].name, 80);
  }
  if (indices.size() > kNamesShown) text += " and " + std::to_string(indices.size() - kNamesShown) + " more";
  return text.empty() ? "none" : text;
}

std::vector<size_t> with_word(const BisectResult& result, ProbeWord word) {
  std::vector<size_t> indices;
  for (size_t i = 0; i < result.entries.size(); ++i) {
    if (result.entries[i].word == word) indices.push_back(i);
  }
  return indices;
}

std::string changes_text(const BisectResult& result) {
  std::string text;
  for (const Transition& change : result.search.transitions) {
    // The list's order, whichever end the search began from.
    const size_t a = result.index_of(change.from);
    const size_t b = result.index_of(change.to);
    const size_t before = std::min(a, b);
    const size_t after = std::max(a, b);
    const bool to_bad = result.entries[after].word == ProbeWord::kBad;
    text += (text.empty() ? "" : "; ") + std::string(to_bad ? "bad from " : "not seen from ") +
            printable(result.entries[after].name, 80) + " on (before it: " +
            printable(result.entries[before].name, 80) + ")";
  }
  return text;
}

// "1.2 %", and "less than 0.1 %" where digits would only pretend.
std::string chance_text(double chance) {
  if (chance < 0.001) return "less than 0.1 %";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), chance < 0.1 ? "%.1f %%" : "%.0f %%", chance * 100);
  return text.data();
}

std::string found_line(const BisectResult& result, const BisectChange& change) {
  std::string text = std::string(result.find_fix ? "first good: " : "first bad: ") +
                     printable(result.entries[change.after].name, 80) + " (the one before it that was told, " +
                     printable(result.entries[change.before].name, 80) + ", is " +
                     (result.find_fix ? "bad" : "good") + ")";
  if (!change.untold.empty()) {
    text += "; it may as well be one of those between that could not be told: " +
            names_of(result, change.untold);
  }
  return text;
}

std::string untold_line(const BisectResult& result) {
  const std::vector<size_t> bad = with_word(result, ProbeWord::kBad);
  std::string text = "no answer: an end of the list could not be told";
  if (!bad.empty()) text += "; bad: " + names_of(result, bad);
  return text;
}

}  // namespace

std::optional<BisectChange> change_of(const BisectResult& result) {
  if (result.search.end != SearchEnd::kFound) return std::nullopt;
  const Transition& change = result.search.transitions.front();
  BisectChange out{result.index_of(change.from), result.index_of(change.to), {}};
  if (result.find_fix) std::swap(out.before, out.after);
  for (const size_t place : change.untold) out.untold.push_back(result.index_of(place));
  std::sort(out.untold.begin(), out.untold.end());
  return out;
}

std::string answer_line(const BisectResult& result) {
  if (!result.damage.empty()) return "no answer: the evidence is damaged: " + printable(result.damage);
  if (const auto change = change_of(result)) return found_line(result, *change);
  const std::string bad = names_of(result, with_word(result, ProbeWord::kBad));
  const std::string good = names_of(result, with_word(result, ProbeWord::kGood));
  switch (result.search.end) {
    case SearchEnd::kBothGood:
      if (!result.finding) return "no engine of the list shows any finding";
      return "both ends are good, so every engine was tested; bad: " + bad + "; " + changes_text(result);
    case SearchEnd::kBothBad:
      return "both ends are bad, so every engine was tested; good: " + good +
             (good == "none" ? "" : "; " + changes_text(result));
    case SearchEnd::kReversed:
      return "the list is the other way round: " + changes_text(result) +
             (result.find_fix ? " (leave out --find-fix)" : " (--find-fix looks for that)");
    case SearchEnd::kBackAndForth:
      return "it goes back and forth, so every engine was tested: " + changes_text(result);
    case SearchEnd::kInterrupted: return "interrupted; what was learned is kept, the same call goes on";
    case SearchEnd::kUntold:
    case SearchEnd::kFound: break;
  }
  return untold_line(result);
}

std::string certainty_line(const BisectResult& result) {
  const auto change = change_of(result);
  if (!change) return {};
  const BisectEntry& good = result.entries[result.find_fix ? change->after : change->before];
  const BisectEntry& shows = result.entries[result.find_fix ? change->before : change->after];
  const BisectEntry& owner = good.same_as ? result.entries[*good.same_as] : good;
  return "confidence " + percent(std::floor((1 - owner.missed) * 1000) / 1000) + ": " +
         printable(shows.name, 80) + " showed it; an engine that shows it in " + percent(result.rate_floor) +
         " of its runs or more (the least that the bad end bears out at 95 %) passes the " +
         std::to_string(owner.tally.passed) + " runs of " + printable(good.name, 80) + " with a chance of " +
         chance_text(owner.missed) + ". It rests on one change in the list";
}

std::vector<std::string> caution_lines(const BisectResult& result) {
  std::vector<std::string> lines;
  if (!result.caution) return lines;
  const BisectEntry& good = result.entries[result.caution->index];
  const std::string name = printable(good.name, 80);
  lines.push_back(result.caution->behind_bad ? "the finding is not seen from " + name + " on; this does not show that " + name +
                             " mends it: it may only be hidden there"
                       : "the finding is not seen on " + name +
                             "; this does not show that it is not there, only hidden");
  if (!result.caution->not_perturbed.empty()) {
    const BisectEntry& owner = good.same_as ? result.entries[*good.same_as] : good;
    lines.push_back("not varied: " + result.caution->not_perturbed + "; of " +
                    std::to_string(owner.tally.passed) + " plain runs none met it, which excludes a rate of " +
                    percent_up(excluded_rate(std::max<uint64_t>(1, owner.tally.passed))) + " or more at 95 %");
  } else if (result.caution->perturbed) {
    lines.push_back("varied: " + perturb_answer(*result.caution->perturbed));
  }
  return lines;
}

std::string runs_text(const BisectEntry& entry) {
  if (!entry.word || entry.tally.runs() == 0) return {};
  return std::to_string(entry.tally.met) + " of " + std::to_string(entry.tally.runs());
}

std::string word_text(const BisectResult& result, const BisectEntry& entry) {
  if (!entry.word) return "not tested";
  const std::string word(to_string(*entry.word));
  if (!entry.same_as) return word;
  return word + ", same as " + printable(result.entries[*entry.same_as].name, 40);
}

std::string outcome_text(const BisectEntry& entry) {
  if (!entry.missing.empty()) return printable(entry.missing, kOutcomeBytes);
  if (!entry.example) return {};
  std::string text = headline(*entry.example);
  if (!entry.example->signature.empty()) text += " (" + entry.example->signature + ")";
  return printable(text, kOutcomeBytes);
}

}  // namespace recrank
