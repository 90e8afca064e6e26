#include "harness/certainty/perturb_report.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/report/verdict_report.h"
#include "harness/request/option_reading.h"
#include "harness/request/replay_options.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

constexpr uint64_t kSeedDefault = 1;

std::vector<std::string> table_row(const std::string& number, const std::string& does,
                                   const Verdict& verdict, const std::string& left_out) {
  return {number,
          does,
          std::string(to_string(verdict.kind)),
          verdict.step ? std::to_string(*verdict.step) : "-",
          verdict.signature.empty() ? headline(verdict) : verdict.signature,
          left_out.empty() ? "-" : left_out};
}

Json run_json(const PerturbedRun& run, size_t number, const std::string& reproduce) {
  Json out{{"number", number},
           {"does", run.variation.does},
           {"options", option_words(run.variation.perturbation)},
           {"verdict", to_json(run.result.verdict, {})},
           {"left_out", run.result.left_out}};
  if (!run.result.verdict.signature.empty()) {
    out["verdict"]["signature"] = run.result.verdict.signature;
  }
  if (!run.result.perturbed.empty()) out["done"] = run.result.perturbed;
  if (!reproduce.empty()) out["reproduce"] = reproduce;
  return out;
}

Json finding_json(const PerturbedReplay& replay, const PerturbFinding& finding) {
  const Verdict& verdict = replay.runs[finding.runs.front()].result.verdict;
  Json numbers = Json::array();
  for (const size_t run : finding.runs) numbers.push_back(run + 1);
  Json out{{"headline", headline(verdict)},
           {"as_control", finding.as_control},
           {"as_hunted", finding.as_hunted},
           {"of_itself", finding.of_itself},
           {"variations", std::move(numbers)}};
  if (!verdict.signature.empty()) out["signature"] = verdict.signature;
  return out;
}

// The reproducer of the variation's own finding, with its options.
std::string reproduce_run(const ReplayCall& call, const SubjectSession& session,
                          const Engine& engine, const PerturbedRun& run) {
  const Verdict& verdict = run.result.verdict;
  if (!verdict.step || verdict.kind == VerdictKind::kClean ||
      verdict.kind == VerdictKind::kInterrupted) {
    return "";
  }
  return reproduce_command(call, session.report.subject.id, engine_words_of(engine.identity().name),
                           run.result.plan, *verdict.step, compare_words(run.variation.compare)) +
         option_words(run.variation.perturbation);
}

}  // namespace

PerturbRequest perturb_request_from(const OptionValues& options, size_t jobs) {
  PerturbRequest request;
  request.jobs = jobs;
  request.seed = options.number("seed").value_or(kSeedDefault);
  request.hunted = options.text("hunt").value_or("");
  const auto count = options.number("perturb");
  if (!count) {
    for (const char* name : {"seed", "hunt"}) {
      if (options.has(name))
        throw Error(ErrorCode::kUsage, "--" + std::string(name) + " goes with --perturb");
    }
    return request;
  }
  if (*count < 1 || *count > kVariationsMax) {
    throw Error(ErrorCode::kUsage,
                "--perturb takes a number from 1 to " + std::to_string(kVariationsMax));
  }
  for (const char* name : {"repeat", "parser-buffer", "write-heap-after", "reload-after"}) {
    if (!options.has(name)) continue;
    throw Error(ErrorCode::kUsage,
                "--perturb chooses variations itself: it does not go with --" + std::string(name));
  }
  const CompareOptions compare = request_from(options).compare;
  if (!compare.syscalls && !compare.result) {
    throw Error(
        ErrorCode::kUsage,
        "--perturb needs syscalls or result in --compare: the rest may change with collections");
  }
  request.variations = *count;
  return request;
}

void require_variations(const Recording& recording, const PerturbRequest& request) {
  const Dialect& dialect = dialect_of(recording);
  if (request.variations == 0 || dialect.variations().any()) return;
  throw Error(ErrorCode::kUsage,
              "--perturb has nothing to vary here: " + std::string(dialect.why_no_variations()) +
                  "; --repeat runs it again as it is");
}

Json perturb_json(const PerturbedReplay& replay, const std::vector<std::string>& reproduce) {
  Json runs = Json::array();
  for (size_t i = 0; i < replay.runs.size(); ++i) {
    runs.push_back(run_json(replay.runs[i], i + 1, reproduce[i]));
  }
  Json findings = Json::array();
  for (const PerturbFinding& finding : replay.findings)
    findings.push_back(finding_json(replay, finding));
  Json out{{"seed", replay.request.seed},
           {"of", replay.runs.size()},
           {"judged", replay.judged},
           {"clean", replay.clean},
           {"idle", replay.idle},
           {"left_out", replay.left_out},
           {"survival_probes", replay.probes},
           {"control", {{"verdict", to_string(replay.control.kind)}}},
           {"findings", std::move(findings)},
           {"answer", perturb_answer(replay)},
           {"variations", std::move(runs)}};
  if (replay.control.step) out["control"]["step"] = *replay.control.step;
  if (replay.clean > 0 && replay.clean == replay.judged) {
    out["excluded_rate_95"] = excluded_rate_95(replay.clean);
  }
  return out;
}

std::string perturb_text(const PerturbedReplay& replay, const std::vector<std::string>& reproduce) {
  std::vector<std::vector<std::string>> rows{
      {"", "variation", "verdict", "step", "finding", "left out"}};
  rows.push_back(table_row("0", "none (the control)", replay.control, ""));
  for (size_t i = 0; i < replay.runs.size(); ++i) {
    const PerturbedRun& run = replay.runs[i];
    rows.push_back(table_row(std::to_string(i + 1), run.variation.does, run.result.verdict,
                             joined(run.result.left_out)));
  }
  std::string text = "  perturbed:\n";
  const std::string table = format_table(rows);
  for (size_t at = 0; at < table.size();) {
    const size_t end = std::min(table.find('\n', at), table.size());
    text += "    " + table.substr(at, end - at) + "\n";
    at = end + 1;
  }
  text += "  gone or only hidden?  " + perturb_answer(replay) + "\n";
  for (size_t i = 0; i < reproduce.size(); ++i) {
    if (!reproduce[i].empty()) {
      text += "  reproduce " + std::to_string(i + 1) + ": " + reproduce[i] + "\n";
    }
  }
  return text;
}

VerdictKind perturb_sessions(const Recording& recording, const Engine& engine,
                             const ReplayRequest& base, const PerturbRequest& request,
                             const ReplayCall& call, const Interrupt& interrupt,
                             ReplayObserver* observer, std::vector<SubjectSession>& sessions) {
  VerdictKind worst = VerdictKind::kClean;
  for (SubjectSession& session : sessions) {
    const ReplayResult& control = session.report.result;
    // Corrupt evidence stays corrupt, however it is replayed.
    const bool judged = control.verdict.kind != VerdictKind::kUnjudged &&
                        control.verdict.kind != VerdictKind::kInterrupted;
    if (request.variations == 0 || !judged || interrupt.requested()) continue;
    ReplayRequest each = base;
    each.subject_id = session.report.subject.id;
    PerturbRequest asked = request;
    const Claim* claim = recording.claim();
    if (asked.hunted.empty() && claim != nullptr && claim->verdict)
      asked.hunted = claim->verdict->signature;
    const PerturbedReplay replay =
        run_perturbed(recording, engine, each, control, asked, interrupt, observer);
    std::vector<std::string> reproduce;
    for (const PerturbedRun& run : replay.runs) {
      reproduce.push_back(reproduce_run(call, session, engine, run));
      worst = graver(worst, run.result.verdict.kind);
    }
    session.report.told.push_back(
        {"perturb", json_text(perturb_json(replay, reproduce)), perturb_text(replay, reproduce)});
  }
  return worst;
}

}  // namespace recrank
