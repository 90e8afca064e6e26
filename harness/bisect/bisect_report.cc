#include "harness/bisect/bisect_report.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "harness/bisect/bisect_words.h"
#include "harness/console/exit_status.h"
#include "harness/report/verdict_report.h"

namespace recrank {
namespace {

std::string_view end_name(const BisectResult& result) {
  switch (result.stop) {
    case BisectStop::kNoFinding: return "no-finding";
    case BisectStop::kUnjudged: return "unjudged";
    case BisectStop::kInterrupted: return "interrupted";
    case BisectStop::kSearched: break;
  }
  switch (result.found.end) {
    case BisectEnd::kChange: return result.ends_as_claimed ? "change" : "change-inside";
    case BisectEnd::kAllGood: return "all-good";
    case BisectEnd::kAllBad: return "all-bad";
    case BisectEnd::kNotDecided: return "not-decided";
    case BisectEnd::kReversed: return "reversed";
    case BisectEnd::kBackAndForth: return "back-and-forth";
    case BisectEnd::kUntold: return "untold";
  }
  return "";
}

Json tally_json(const ProbeTally& tally) {
  return {{"met", tally.met},     {"passed", tally.passed},     {"other", tally.other},
          {"alike", tally.alike}, {"unjudged", tally.unjudged}, {"killed", tally.killed}};
}

Json engine_json(const BisectReportInput& input, size_t index) {
  const EngineProbe& probe = input.result.engines[index];
  Json out{{"index", index}, {"name", printable(input.names[index])}, {"word", probe_word(probe)}};
  if (!probe.key.empty()) out["key"] = probe.key;
  if (probe.same_as) out["same_as"] = *probe.same_as;
  if (!probe.answer) return out;
  if (probe.start) out["start"] = probe.start->label();
  out["runs"] = tally_json(probe.tally);
  out["runs_from_start"] = tally_json(probe.confirmed);
  out["cached_runs"] = probe.from_cache;
  const bool bounded = probe.answer == EngineAnswer::kGood && input.result.bad_end &&
                       input.result.bad_end->least_rate > 0;
  if (bounded) {
    out["miss_chance"] = miss_chance(input.result.bad_end->least_rate, probe.tally.passed);
  }
  if (!probe.why.empty()) out["why"] = printable(probe.why);
  if (probe.shown && probe.answer != EngineAnswer::kGood) {
    out["verdict"] = to_json(probe.shown->verdict, {});
  }
  return out;
}

Json indices_json(const std::vector<size_t>& indices, const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const size_t i : indices) list.push_back({{"index", i}, {"name", printable(names[i])}});
  return list;
}

Json transitions_json(const BisectReportInput& input) {
  Json list = Json::array();
  for (const Transition& each : input.result.found.transitions) {
    list.push_back(
        {{"to", each.to_bad ? "bad" : "good"},
         {"before", {{"index", each.before}, {"name", printable(input.names[each.before])}}},
         {"after", {{"index", each.after}, {"name", printable(input.names[each.after])}}},
         {"untold", indices_json(each.untold, input.names)}});
  }
  return list;
}

Json caution_json(const BisectReportInput& input) {
  Json out{{"text", bisect_caution(input)}};
  if (!input.result.caution) return out;
  const Caution& caution = *input.result.caution;
  out["engine"] = {{"index", caution.engine}, {"name", printable(input.names[caution.engine])}};
  out["perturbed"] = caution.perturbed;
  if (!caution.why_not.empty()) out["why_not"] = caution.why_not;
  out["runs"] = {{"asked", caution.asked},        {"met", caution.met},
                 {"passed", caution.passed},      {"other", caution.other},
                 {"cannot_tell", caution.silent}, {"idle", caution.idle},
                 {"of_itself", caution.of_itself}};
  if (!caution.left_out.empty()) out["left_out"] = caution.left_out;
  if (!caution.met_by.empty()) out["met_by"] = caution.met_by;
  return out;
}

std::string title_of(const BisectReportInput& input) {
  const std::string subject =
      input.subject.id +
      (input.subject.name.empty() ? "" : " " + printable(input.subject.name, 60));
  return subject + ": " +
         (input.result.hunted ? finding_title(*input.result.hunted) : std::string("no finding"));
}

std::string indented_table(const std::vector<std::vector<std::string>>& rows, const char* margin) {
  const std::string table = format_table(rows);
  std::string text;
  for (size_t at = 0; at < table.size();) {
    const size_t end = std::min(table.find('\n', at), table.size());
    text += margin + table.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return text;
}

// A cell of a Markdown table: what would end it, or be taken for markup, is made harmless.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*' || c == '_' || c == '`' || c == '[' || c == '\\')
      out += '\\';
    out += c;
  }
  return out;
}

std::string row(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& each : cells) text += " " + cell(each) + " |";
  return text + "\n";
}

}  // namespace

Json bisect_json(const BisectReportInput& input) {
  const BisectResult& result = input.result;
  Json out{{"subject",
            {{"kind", input.subject.kind},
             {"id", input.subject.id},
             {"name", printable(input.subject.name)}}},
           {"find_fix", result.find_fix},
           {"ended", end_name(result)},
           {"answer", bisect_answer(input)}};
  if (result.hunted) {
    out["finding"] = to_json(result.hunted->verdict, {});
    out["finding"]["any"] = result.hunted->any;
    out["range"] = {{"from", result.whole.range.begin},
                    {"to", result.whole.range.end - 1},
                    {"checkpoint", result.whole.checkpoint.label()}};
  }
  if (result.bad_end) {
    out["bad_end"] = {{"index", result.bad_end->index},
                      {"tries", result.bad_end->tries},
                      {"start", result.bad_end->start.label()},
                      {"runs", tally_json(result.bad_end->tally)},
                      {"least_rate_95", result.bad_end->least_rate},
                      {"enough_runs", result.bad_end->enough_runs}};
  }
  out["transitions"] = transitions_json(input);
  if (result.found.end == BisectEnd::kChange && result.stop == BisectStop::kSearched) {
    const Transition& change = result.found.transitions.front();
    out[change.to_bad ? "first_bad" : "first_good"] = printable(input.names[change.after]);
    out[change.to_bad ? "last_good" : "last_bad"] = printable(input.names[change.before]);
    out["miss_chance_at_most"] = result.miss_bound;
    out["confirmed_from_start"] = result.confirmed;
    out["caution"] = caution_json(input);
  }
  out["grounds"] = bisect_grounds(input);
  out["scanned"] = result.scanned;
  Json engines = Json::array();
  for (size_t i = 0; i < result.engines.size(); ++i) engines.push_back(engine_json(input, i));
  out["engines"] = std::move(engines);
  if (!result.notes.empty()) {
    Json notes = Json::array();
    for (const std::string& each : result.notes) notes.push_back(printable(each));
    out["notes"] = std::move(notes);
  }
  if (!input.reproduce_bad.empty())
    out["reproduce"] = {{"bad", input.reproduce_bad}, {"good", input.reproduce_good}};
  if (!input.no_reproducer.empty()) out["reproduce"] = {{"none", printable(input.no_reproducer)}};
  // Like `cost` elsewhere: another call finds more in the cache.
  out["cost"] = {{"engine_runs", result.runs}, {"cached_runs", result.runs_cached}};
  return out;
}

std::string bisect_text(const BisectReportInput& input) {
  const BisectResult& result = input.result;
  std::string text = title_of(input) + "\n  " + bisect_answer(input) + "\n";
  if (result.hunted) text += status_only_text(result.hunted->verdict, "  ");
  if (result.hunted) text += indented_table(engine_rows(input), "    ");
  for (const std::string& each : bisect_grounds(input)) text += "  " + each + "\n";
  for (const std::string& each : result.notes) text += "  note: " + printable(each) + "\n";
  if (const std::string caution = bisect_caution(input); !caution.empty())
    text += "  caution: " + caution + "\n";
  text += "  " + counted(result.runs, "run");
  if (result.keeps || result.runs_cached > 0) {
    text += ", " + std::to_string(result.runs_cached) + " more from the cache";
  }
  text += "\n";
  if (!input.reproduce_bad.empty()) {
    text += "  reproduce (bad):  " + input.reproduce_bad +
            "\n  reproduce (good): " + input.reproduce_good + "\n";
  }
  if (!input.no_reproducer.empty()) text += "  reproduce: " + printable(input.no_reproducer) + "\n";
  return text;
}

std::string bisect_markdown(const BisectReportInput& input) {
  const BisectResult& result = input.result;
  std::string text = "# " + cell(title_of(input)) + "\n\n" + cell(bisect_answer(input)) + ".\n\n";
  const auto rows = engine_rows(input);
  for (size_t i = 0; result.hunted && i < rows.size(); ++i) {
    text += row(rows[i]);
    if (i == 0) text += "|---|---|---|---|---|---|---|\n";
  }
  if (result.hunted) text += "\n";
  for (const std::string& each : bisect_grounds(input)) text += "* " + cell(each) + "\n";
  for (const std::string& each : result.notes) text += "* " + cell(printable(each)) + "\n";
  if (const std::string caution = bisect_caution(input); !caution.empty()) {
    text += "\n**Caution.** " + cell(caution) + "\n";
  }
  if (!input.reproduce_bad.empty()) {
    text += "\nTo reproduce (bad, then good):\n\n```\n" + input.reproduce_bad + "\n" +
            input.reproduce_good + "\n```\n";
  }
  if (!input.no_reproducer.empty())
    text += "\nTo reproduce: " + cell(printable(input.no_reproducer)) + ".\n";
  return text;
}

std::string bisect_table(const std::vector<BisectReportInput>& inputs) {
  std::vector<std::vector<std::string>> rows{{"vat"}};
  if (inputs.empty()) return "";
  for (const std::string& name : inputs.front().names) rows.front().push_back(printable(name, 40));
  for (const BisectReportInput& input : inputs) {
    rows.push_back({input.subject.id});
    for (const EngineProbe& probe : input.result.engines) rows.back().push_back(probe_word(probe));
  }
  return format_table(rows);
}

int bisect_exit_status(const std::vector<BisectResult>& results) {
  const auto any = [&](const auto& test) {
    return std::any_of(results.begin(), results.end(), test);
  };
  if (any([](const BisectResult& each) { return each.stop == BisectStop::kInterrupted; }))
    return kExitInterrupted;
  return any(found_change) ? kExitClean : kExitUnjudged;
}

}  // namespace recrank
