#include "harness/stored_run.h"

#include <array>
#include <stdexcept>

#include "base/text.h"
#include "replay/signature.h"

namespace recrank {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kTextBytes = 2000;
constexpr std::array kKinds{VerdictKind::kClean, VerdictKind::kDiverged,  VerdictKind::kCrashed,
                            VerdictKind::kLimit, VerdictKind::kUnjudged,  VerdictKind::kInterrupted};
constexpr std::array kFields{Field::kSyscallWrong, Field::kSyscallExtra, Field::kSyscallMissing,
                             Field::kResult,       Field::kComputrons,   Field::kSnapshotHash,
                             Field::kEnd};
constexpr std::array kLimits{LimitKind::kComputrons, LimitKind::kStack, LimitKind::kMemory,
                             LimitKind::kKeys,       LimitKind::kStepWall, LimitKind::kWall,
                             LimitKind::kCpu,        LimitKind::kFlood};

template <typename List>
auto value_of(const List& list, const std::string& word) {
  for (const auto each : list) {
    if (to_string(each) == word) return each;
  }
  throw std::invalid_argument("no such word: " + word);
}

Json end_json(const ProcessEnd& end) {
  return {{"exit_status", end.exit_status}, {"signal", end.signal}, {"meaning", printable(end.meaning)},
          {"sent", end.sent || sent_from_outside(end)}, {"last_words", printable(end.last_words)}};
}

ProcessEnd end_from(const Json& json) {
  ProcessEnd end;
  end.exit_status = json.at("exit_status").get<int>();
  end.signal = json.at("signal").get<int>();
  end.meaning = json.at("meaning").get<std::string>();
  end.sent = json.at("sent").get<bool>();
  end.last_words = json.at("last_words").get<std::string>();
  return end;
}

}  // namespace

StoredRun stored_run_of(const ReplayResult& result) {
  StoredRun run;
  run.verdict = result.verdict;
  if (run.verdict.divergences.size() > 1) run.verdict.divergences.resize(1);
  run.verdict.end.sent = run.verdict.end.sent || sent_from_outside(run.verdict.end);
  run.verdict.end.report.reset();
  // Nothing to compare: the steps ran all the same, and a crash among them would have shown.
  const bool only_uncompared = result.verdict.kind == VerdictKind::kUnjudged && !result.ended &&
                               result.deliveries > 0 && result.compared.total() == 0;
  run.passed = result.verdict.kind == VerdictKind::kClean || only_uncompared;
  return run;
}

Json to_json(const StoredRun& run) {
  const Verdict& verdict = run.verdict;
  Json json{{"kind", to_string(verdict.kind)}, {"passed", run.passed}};
  if (verdict.step) json["step"] = *verdict.step;
  if (verdict.as_recorded) json["as_recorded"] = true;
  if (!verdict.divergences.empty()) {
    const Divergence& first = verdict.divergences.front();
    json["difference"] = {{"step", first.step}, {"field", to_string(first.field)},
                          {"expected", printable(first.expected, kTextBytes)},
                          {"got", printable(first.got, kTextBytes)}};
    if (first.index) json["difference"]["index"] = *first.index;
  }
  if (verdict.kind == VerdictKind::kCrashed || verdict.end.signal != 0) json["end"] = end_json(verdict.end);
  if (verdict.limit) {
    json["limit"] = {{"kind", to_string(verdict.limit->kind)}, {"value", verdict.limit->value},
                     {"used", verdict.limit->used}, {"end", end_json(verdict.limit->end)}};
  }
  if (!verdict.reason.empty()) json["reason"] = printable(verdict.reason, kTextBytes);
  if (!verdict.signature.empty()) json["signature"] = printable(verdict.signature);
  return json;
}

StoredRun stored_run_from(const Json& json) {
  StoredRun run;
  Verdict& verdict = run.verdict;
  verdict.kind = value_of(kKinds, json.at("kind").get<std::string>());
  run.passed = json.at("passed").get<bool>();
  if (json.contains("step")) verdict.step = json["step"].get<uint64_t>();
  verdict.as_recorded = json.value("as_recorded", false);
  if (json.contains("difference")) {
    const Json& first = json["difference"];
    Divergence divergence{first.at("step").get<uint64_t>(),
                          value_of(kFields, first.at("field").get<std::string>()), std::nullopt,
                          first.at("expected").get<std::string>(), first.at("got").get<std::string>()};
    if (first.contains("index")) divergence.index = first["index"].get<uint64_t>();
    verdict.divergences.push_back(std::move(divergence));
    verdict.divergence_count = 1;
  }
  if (json.contains("end")) verdict.end = end_from(json["end"]);
  if (json.contains("limit")) {
    const Json& limit = json["limit"];
    verdict.limit = StepLimit{value_of(kLimits, limit.at("kind").get<std::string>()),
                              limit.at("value").get<std::string>(), limit.at("used").get<std::string>(),
                              end_from(limit.at("end"))};
  }
  verdict.reason = json.value("reason", "");
  verdict.signature = json.value("signature", "");
  return run;
}

}  // namespace recrank
