#include "harness/bisect/probe_cache.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

namespace recrank {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kSchema = "recrank.bisect-cache/1";
constexpr size_t kCacheBytesMax = 64 << 20;
constexpr size_t kRunsMax = 10'000;  // kept of one engine

constexpr std::array kKinds{VerdictKind::kClean, VerdictKind::kDiverged, VerdictKind::kCrashed,
                            VerdictKind::kLimit, VerdictKind::kUnjudged};
constexpr std::array kFields{Field::kSyscallWrong, Field::kSyscallExtra, Field::kSyscallMissing,
                             Field::kResult,       Field::kComputrons,   Field::kSnapshotHash,
                             Field::kEnd,          Field::kFact};
constexpr std::array kLimits{LimitKind::kComputrons, LimitKind::kStack,    LimitKind::kMemory,
                             LimitKind::kKeys,       LimitKind::kStepWall, LimitKind::kWall,
                             LimitKind::kCpu,        LimitKind::kFlood};

// The value with that name; at() of nlohmann throws for what is missing or of another type.
template <typename Value, size_t N>
Value named(const std::array<Value, N>& values, const std::string& name) {
  for (const Value each : values) {
    if (to_string(each) == name) return each;
  }
  throw Error(ErrorCode::kInvalidData, "unknown word");
}

Json run_json(const BisectRun& run) {
  const Verdict& verdict = run.verdict;
  Json out{{"kind", to_string(verdict.kind)}, {"ended", run.ended}};
  if (verdict.step) out["step"] = *verdict.step;
  if (verdict.as_recorded) out["as_recorded"] = true;
  if (!verdict.signature.empty()) out["signature"] = verdict.signature;
  if (!verdict.reason.empty()) out["reason"] = verdict.reason;
  if (!verdict.detail.empty()) out["detail"] = verdict.detail;
  const ProcessEnd& end = verdict.end;
  if (end.signal != 0 || end.exit_status != 0 || !end.meaning.empty()) {
    out["end"] = {{"signal", end.signal},
                  {"exit", end.exit_status},
                  {"meaning", end.meaning},
                  {"last_words", end.last_words}};
  }
  if (verdict.limit) {
    out["limit"] = {{"kind", to_string(verdict.limit->kind)},
                    {"value", verdict.limit->value},
                    {"used", verdict.limit->used}};
  }
  if (!verdict.divergences.empty()) {
    const Divergence& first = verdict.divergences.front();
    out["divergence"] = {{"step", first.step},
                         {"field", to_string(first.field)},
                         {"expected", first.expected},
                         {"got", first.got}};
    if (first.index) out["divergence"]["index"] = *first.index;
    if (!first.fact.empty()) out["divergence"]["fact"] = first.fact;
  }
  return out;
}

Divergence divergence_from(const Json& json) {
  Divergence first{json.at("step").get<uint64_t>(),
                   named(kFields, json.at("field").get<std::string>()), std::nullopt,
                   json.at("expected").get<std::string>(), json.at("got").get<std::string>()};
  if (json.contains("index")) first.index = json["index"].get<uint64_t>();
  first.fact = json.value("fact", "");
  return first;
}

BisectRun run_from(const Json& json) {
  BisectRun run;
  Verdict& verdict = run.verdict;
  verdict.kind = named(kKinds, json.at("kind").get<std::string>());
  run.ended = json.at("ended").get<bool>();
  if (json.contains("step")) verdict.step = json["step"].get<uint64_t>();
  verdict.as_recorded = json.value("as_recorded", false);
  verdict.signature = json.value("signature", "");
  verdict.reason = json.value("reason", "");
  verdict.detail = json.value("detail", "");
  if (json.contains("end")) {
    const Json& end = json["end"];
    verdict.end.signal = end.at("signal").get<int>();
    verdict.end.exit_status = end.at("exit").get<int>();
    verdict.end.meaning = end.at("meaning").get<std::string>();
    verdict.end.last_words = end.at("last_words").get<std::string>();
  }
  if (json.contains("limit")) {
    const Json& limit = json["limit"];
    verdict.limit = StepLimit{named(kLimits, limit.at("kind").get<std::string>()),
                              limit.at("value").get<std::string>(),
                              limit.at("used").get<std::string>(),
                              {}};
  }
  if (json.contains("divergence")) {
    verdict.divergences = {divergence_from(json["divergence"])};
    verdict.divergence_count = 1;
  }
  const bool whole = (verdict.kind != VerdictKind::kDiverged || !verdict.divergences.empty()) &&
                     (verdict.kind != VerdictKind::kLimit || verdict.limit) &&
                     (!is_finding(verdict.kind) || verdict.step);
  if (!whole) throw Error(ErrorCode::kInvalidData, "a run lacks what its kind needs");
  return run;
}

// Exclusive for as long as it lives.
UniqueFd lock_file(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd.valid()) throw_errno(path.string(), errno);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw_errno(path.string(), errno);
  }
  return fd;
}

// Of an engine that could not be judged another try may say more.
bool tells(const BisectRun& run) {
  const bool ran_out = run.verdict.kind == VerdictKind::kUnjudged && !run.ended;
  return is_finding(run.verdict.kind) || run.verdict.kind == VerdictKind::kClean || ran_out;
}

}  // namespace

fs::path ProbeCache::file_of(const std::string& question) const {
  return directory_ / (question + ".json");
}

void ProbeCache::note(const std::string& text) {
  if (std::find(notes_.begin(), notes_.end(), text) == notes_.end()) notes_.push_back(text);
}

ProbeCache::Engines ProbeCache::read(const std::string& question) {
  Engines engines;
  const fs::path file = file_of(question);
  std::error_code none;
  if (!fs::exists(file, none)) return engines;
  try {
    const Json json = Json::parse(read_small_file(file, kCacheBytesMax));
    if (json.at("schema") != kSchema || json.at("question") != question) {
      throw Error(ErrorCode::kInvalidData, "it is not the cache of this question");
    }
    for (const auto& [key, runs] : json.at("engines").items()) {
      for (const Json& each : runs) engines[key].push_back(run_from(each));
    }
    return engines;
  } catch (const Error& error) {
    note(file.string() + ": not used: " + error.what());
  } catch (const Json::exception&) {
    note(file.string() + ": not used: it is damaged");
  }
  return {};
}

const std::vector<BisectRun>& ProbeCache::runs(const std::string& question,
                                               const std::string& engine_key) {
  const bool keeps = !directory_.empty() && !question.empty();
  if (keeps && !known_.contains(question)) known_[question] = read(question);
  RECRANK_LOG(kInfo, "bisect", "remembered", {"question", question}, {"engine", engine_key},
              {"runs", known_[question][engine_key].size()});
  return known_[question][engine_key];
}

void ProbeCache::add(const std::string& question, const std::string& engine_key,
                     const BisectRun& run) {
  if (directory_.empty() || question.empty() || !tells(run)) return;
  added_[question][engine_key].push_back(run);
}

void ProbeCache::write(const std::string& question, const Engines& added) {
  Engines all = read(question);  // another bisection may have added to it
  for (const auto& [key, runs] : added) {
    std::vector<BisectRun>& kept = all[key];
    kept.insert(kept.end(), runs.begin(), runs.end());
    if (kept.size() > kRunsMax) kept.resize(kRunsMax);
  }
  Json engines = Json::object();
  for (const auto& [key, runs] : all) {
    Json list = Json::array();
    for (const BisectRun& run : runs) list.push_back(run_json(run));
    engines[key] = std::move(list);
  }
  AtomicFile file(file_of(question));
  file.write(
      Json{{"schema", kSchema}, {"question", question}, {"engines", std::move(engines)}}.dump(1) +
      "\n");
  file.commit();
}

void ProbeCache::save() {
  if (added_.empty()) return;
  try {
    fs::create_directories(directory_);
    const UniqueFd lock = lock_file(directory_ / "lock");
    for (const auto& [question, engines] : added_) write(question, engines);
  } catch (const Error& error) {
    note(std::string("nothing is kept for a later bisection: ") + error.what());
  } catch (const fs::filesystem_error& error) {
    note(std::string("nothing is kept for a later bisection: ") + error.what());
  }
  added_.clear();
}

}  // namespace recrank
