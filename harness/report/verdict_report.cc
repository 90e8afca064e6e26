#include "harness/report/verdict_report.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/report/crash_text.h"
#include "harness/report/difference_report.h"
#include "replay/judge/same_finding.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

constexpr size_t kDivergencesInText = 20;
constexpr size_t kLastWordsInJson = 10'000;
constexpr size_t kLastLinesInText = 12;

Json divergence_json(const Divergence& divergence) {
  Json out{{"step", divergence.step}, {"field", field_name(divergence)}};
  if (divergence.index) out["index"] = *divergence.index;
  out["expected"] = printable(divergence.expected, kValueBytesInJson);
  out["got"] = printable(divergence.got, kValueBytesInJson);
  if (divergence.difference) out["difference"] = difference_json(*divergence.difference, {});
  if (!divergence.calls.empty()) out["calls"] = calls_json(divergence.calls, {});
  return out;
}

// The last lines of what a dying engine wrote. Each begins behind a line end, which printable() has
// made visible.
std::string last_words_text(const ProcessEnd& end) {
  constexpr std::string_view kLineEnd = "\\x0a";
  std::vector<std::string_view> lines;
  std::string_view rest = end.last_words;
  while (!rest.empty()) {
    const size_t size = std::min(rest.find(kLineEnd), rest.size());
    if (size > 0) lines.push_back(rest.substr(0, size));
    rest.remove_prefix(std::min(size + kLineEnd.size(), rest.size()));
  }
  const char* const head = end.words_of_before
                               ? "    it wrote nothing in this step; its last words before:\n"
                               : "    its last words:\n";
  std::string text = lines.empty() ? "" : head;
  const size_t skipped = lines.size() - std::min(lines.size(), kLastLinesInText);
  for (size_t i = skipped; i < lines.size(); ++i) {
    text += "      " + printable(lines[i], kValueBytesInText) + "\n";
  }
  return text;
}

std::string values_text(const Divergence& divergence) {
  return difference_text(divergence.expected, divergence.got, divergence.difference, {}, "    ") +
         calls_text(divergence.calls, {}, "    ");
}

double rate_per_s(uint64_t steps, double wall_s) {
  return wall_s > 0 ? static_cast<double>(steps) / wall_s : 0;
}

double rounded(double value) {
  return static_cast<double>(static_cast<int64_t>(value * 1000 + 0.5)) / 1000;
}

std::string range_text(const SubjectReport& report) {
  const StepRange range = report.result.plan.range;
  if (range.empty()) return "no steps";
  std::string text = "steps " + std::to_string(range.begin) + ".." + std::to_string(range.end - 1) +
                     " from " + report.result.plan.checkpoint.label();
  if (report.parts.size() > 1) text += " in " + std::to_string(report.parts.size()) + " parts";
  return text;
}

void add_parts(const std::vector<ReportPart>& parts, Json& out) {
  for (const ReportPart& part : parts) {
    if (!part.member.empty()) out[part.member] = parse_json(part.json);
  }
}

std::string text_of(const std::vector<ReportPart>& parts) {
  std::string text;
  for (const ReportPart& part : parts) text += part.text;
  return text;
}

}  // namespace

Json to_json(const EngineIdentity& engine) {
  Json out{{"name", engine.name},
           {"sha256", engine.sha256},
           {"version", printable(engine.version)},
           {"dialect", engine.dialect}};
  for (const auto& [name, sha256] : engine.parts) out[name + "_sha256"] = sha256;
  if (!engine.arguments.empty()) {
    out["arguments"] = Json::array();
    for (const std::string& word : engine.arguments) out["arguments"].push_back(printable(word));
  }
  for (const auto& [file, sha256] : engine.files) out["files"][printable(file)] = sha256;
  for (const auto& [name, value] : engine.environment) out["environment"][name] = printable(value);
  if (!engine.network.empty()) out["network"] = engine.network;
  return out;
}

Json recording_json(const RecordingInfo& info, uint64_t steps) {
  Json out{{"kind", info.kind}, {"path", printable(info.path)}};
  if (!info.evidence.empty()) out["evidence"] = printable(info.evidence);
  out["steps"] = steps;
  return out;
}

Json to_json(const Verdict& verdict, const std::vector<NearbyStep>& nearby) {
  Json out{{"kind", to_string(verdict.kind)}};
  if (verdict.step) out["step"] = *verdict.step;
  if (verdict.as_recorded) out["as_recorded"] = true;
  if (verdict.kind == VerdictKind::kCrashed) {
    if (verdict.end.signal != 0) {
      out["signal"] = verdict.end.meaning;
    } else {
      out["exit_status"] = verdict.end.exit_status;
      out["meaning"] = printable(verdict.end.meaning);
    }
    if (!verdict.end.last_words.empty())
      out["last_words"] = printable(verdict.end.last_words, kLastWordsInJson);
    if (verdict.end.words_of_before) out["last_words_of_earlier_steps"] = true;
    if (known_by_status_only(verdict)) out["known_by_status_only"] = true;
  }
  if (!verdict.end.own_limit.empty()) out["own_limit"] = verdict.end.own_limit;
  if (!verdict.signature.empty()) out["signature"] = verdict.signature;
  if (verdict.lived_on) {
    out["lived_on"] = {{"step", verdict.lived_on->step}, {"calls", verdict.lived_on->calls}};
    if (verdict.lived_on->calls > 0)
      out["lived_on"]["first_call"] = printable(verdict.lived_on->first_call, kValueBytesInJson);
  }
  if (verdict.limit) {
    out["limit"] = to_string(verdict.limit->kind);
    out["value"] = verdict.limit->value;
    if (!verdict.limit->used.empty()) out["used"] = verdict.limit->used;
  }
  if (!verdict.divergences.empty()) {
    const Json first = divergence_json(verdict.divergences.front());
    for (const char* member : {"field", "index", "expected", "got", "difference", "calls"}) {
      if (first.contains(member)) out[member] = first[member];
    }
    if (verdict.divergences.size() > 1) {
      Json all = Json::array();
      for (const Divergence& each : verdict.divergences) all.push_back(divergence_json(each));
      out["divergences"] = std::move(all);
      out["divergence_count"] = verdict.divergence_count;
    }
  }
  if (!verdict.reason.empty()) out["reason"] = printable(verdict.reason);
  if (!verdict.detail.empty()) out["detail"]["text"] = printable(verdict.detail);
  if (const CrashReport* crash = crash_of(verdict)) out["detail"]["crash"] = crash_json(*crash);
  if (!nearby.empty()) {
    Json around = Json::array();
    for (const NearbyStep& each : nearby) {
      around.push_back({{"step", each.number}, {"what", each.what}});
    }
    out["around"] = std::move(around);
  }
  return out;
}

Json to_json(const SubjectReport& report) {
  const ReplayResult& result = report.result;
  const StepRange range = result.plan.range;
  Json out{{"subject",
            {{"kind", report.subject.kind},
             {"id", report.subject.id},
             {"name", printable(report.subject.name)}}}};
  if (!range.empty()) {
    out["range"] = {{"from", range.begin},
                    {"to", range.end - 1},
                    {"checkpoint", result.plan.checkpoint.label()}};
    if (report.parts.size() > 1) {
      Json parts = Json::array();
      for (const ReplayPlan& part : report.parts) parts.push_back(part.checkpoint.label());
      out["range"]["parts"] = std::move(parts);
      out["range"]["note"] = apart_words(report);
    }
  }
  for (const UncoveredSteps& each : report.uncovered) {
    Json one{{"from", each.steps.begin}, {"to", each.steps.end - 1}, {"why", printable(each.why)}};
    if (!each.remedy.empty()) one["replay_with"] = each.remedy;
    out["not_covered"].push_back(std::move(one));
  }
  out["verdict"] = to_json(result.verdict, report.nearby);
  add_parts(report.captured, out["verdict"]);
  const ComparedCounts& compared = result.compared;
  out["compared"] = {{"steps", compared.steps},
                     {"syscalls", compared.syscalls},
                     {"results", compared.results},
                     {"computrons", compared.computrons},
                     {"snapshots", compared.snapshots},
                     {"recorded_failures", compared.ends},
                     {"facts", compared.facts},
                     {"left_out", result.left_out},
                     {"not_recorded", result.not_recorded}};
  if (!result.assumed.empty()) out["assumed"] = result.assumed;
  for (const ToldBundle& each : result.bundles) {
    out["bundles"].push_back({{"name", each.name}, {"sha256", each.sha256}, {"whose", each.whose}});
  }
  out["cost"] = {{"wall_s", rounded(result.cost.wall_s)},
                 {"engine_cpu_s", rounded(result.cost.engine_cpu_s)},
                 {"harness_cpu_s", rounded(result.cost.harness_cpu_s)},
                 {"evidence_cpu_s", rounded(result.cost.evidence_cpu_s)},
                 {"peak_rss_bytes", result.cost.peak_rss_bytes},
                 {"steps_per_s", rounded(rate_per_s(compared.steps, result.cost.wall_s))}};
  add_parts(report.told, out);
  if (!report.reproduce.empty()) out["reproduce"] = report.reproduce;
  return out;
}

std::string own_limit_text(const Verdict& verdict, const std::string& indent) {
  const std::string& limit = verdict.end.own_limit;
  const bool told = verdict.kind == VerdictKind::kCrashed || verdict.kind == VerdictKind::kDiverged;
  if (limit.empty() || !told) return "";
  return indent + "a limit that recrank set can have caused this: " + limit + "\n";
}

std::string status_only_text(const Verdict& verdict, const std::string& indent) {
  if (!known_by_status_only(verdict)) return "";
  return indent + "known by its exit status only: any other failure that ends with it counts as " +
         "the same\n";
}

std::string apart_words(const SubjectReport& report) {
  if (report.parts.size() <= 1) return "";
  return "each part began at a checkpoint of its own: what only an engine meets that lives through "
         "the whole range was not looked for (it is without --jobs)";
}

std::string compared_text(const ComparedCounts& compared, bool every_kind) {
  if (!every_kind) {
    std::string kinds;
    const auto add = [&kinds](uint64_t count, const char* what) {
      if (count > 0) kinds += (kinds.empty() ? "" : ", ") + counted(count, what);
    };
    add(compared.facts, "fact");
    add(compared.syscalls, "call");
    add(compared.results, "result");
    add(compared.ends, "recorded failure");
    return counted(compared.steps, "step") + ": " + (kinds.empty() ? "nothing" : kinds) +
           " compared";
  }
  std::string text =
      counted(compared.steps, "step") + ": " + counted(compared.syscalls, "syscall") + ", " +
      counted(compared.results, "result") + ", " + counted(compared.computrons, "computron");
  text += ", " + counted(compared.snapshots, "snapshot") + " compared";
  if (compared.ends > 0) text += ", " + counted(compared.ends, "recorded failure") + " met again";
  return text;
}

std::string assumed_text(const std::vector<std::string>& assumed) {
  constexpr std::string_view kHash = "sha256 ";
  constexpr size_t kShown = 12;
  std::string text = joined(assumed);
  for (size_t at = text.find(kHash); at != std::string::npos; at = text.find(kHash, at + 1)) {
    if (text.size() < at + kHash.size() + 64) break;
    text.replace(at + kHash.size() + kShown, 64 - kShown, "…");
  }
  return text;
}

std::string evidence_text(const SubjectReport& report) {
  const ReplayResult& result = report.result;
  const Verdict& verdict = result.verdict;
  std::string text = report.subject.id;
  if (!report.subject.name.empty()) text += " " + printable(report.subject.name, 60);
  text += "  " + range_text(report) + "\n" + own_limit_text(verdict, "  ") + "  " +
          headline(verdict) + "\n";
  const size_t shown = std::min(verdict.divergences.size(), kDivergencesInText);
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) text += "  " + divergence_line(verdict.divergences[i]) + "\n";
    text += values_text(verdict.divergences[i]);
  }
  if (verdict.divergence_count > shown) {
    text += "  … and " + format_count(verdict.divergence_count - shown) +
            " more (--json lists up to 1,000)\n";
  }
  if (verdict.lived_on) text += "    " + lived_on_line(*verdict.lived_on) + "\n";
  if (verdict.limit && verdict.limit->end.pace != HangPace::kUnknown) {
    text += "    used       " + verdict.limit->used + "\n";
  }
  if (!verdict.signature.empty()) text += "  signature  " + verdict.signature + "\n";
  text += status_only_text(verdict, "    ");
  if (!verdict.detail.empty()) text += "    " + printable(verdict.detail, kValueBytesInText) + "\n";
  if (const CrashReport* crash = crash_of(verdict)) text += crash_text(*crash, "    ");
  if (verdict.kind == VerdictKind::kCrashed) text += last_words_text(verdict.end);
  for (const NearbyStep& each : report.nearby) {
    text += std::string(each.number == verdict.step ? "  > " : "    ") +
            std::to_string(each.number) + "  " + each.what + "\n";
  }
  if (const std::string apart = apart_words(report); !apart.empty()) text += "  " + apart + "\n";
  text +=
      text_of(report.captured) + "  " + compared_text(result.compared, report.every_kind) + "\n";
  if (!report.uncovered.empty()) {
    text += "  not covered: steps " + uncovered_text(report.uncovered) + "\n";
  }
  if (!result.left_out.empty()) text += "  left out: " + joined(result.left_out) + "\n";
  if (!result.not_recorded.empty()) text += "  not recorded: " + joined(result.not_recorded) + "\n";
  if (!result.assumed.empty()) {
    text += "  assumed, since nobody recorded it: " + assumed_text(result.assumed) + "\n";
  }
  for (const ToldBundle& each : result.bundles) {
    if (each.whose != "given") continue;
    text +=
        "  told, as given: " + each.name + " bundle, sha256 " + each.sha256.substr(0, 12) + "…\n";
  }
  return text;
}

std::string to_text(const SubjectReport& report) {
  const ReplayResult& result = report.result;
  std::string text = evidence_text(report);
  const ReplayCost& cost = result.cost;
  text += "  " + formatted(cost.wall_s, "%.2f s") +
          formatted(cost.engine_cpu_s, ", engine CPU %.2f s") +
          formatted(cost.harness_cpu_s, ", own CPU %.2f s, ") +
          formatted(rate_per_s(result.compared.steps, cost.wall_s), "%.0f steps/s");
  if (cost.peak_rss_bytes > 0) text += ", engine memory " + format_bytes(cost.peak_rss_bytes);
  text += "\n";
  text += text_of(report.told);
  if (!report.reproduce.empty()) text += "  reproduce: " + report.reproduce + "\n";
  return text;
}

}  // namespace recrank
