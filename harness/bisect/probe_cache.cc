#include "harness/bisect/probe_cache.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file_lock.h"
#include "base/json_codec.h"
#include "base/log.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kCacheBytesMax = 64 << 20;
constexpr size_t kRunsMax = 10'000;  // kept of one engine

constexpr std::array kKinds{VerdictKind::kClean, VerdictKind::kDiverged, VerdictKind::kCrashed,
                            VerdictKind::kLimit, VerdictKind::kUnjudged};
constexpr std::array kFields{Field::kSyscallWrong, Field::kSyscallExtra, Field::kSyscallMissing,
                             Field::kResult,       Field::kComputrons,   Field::kSnapshotHash,
                             Field::kEnd,          Field::kFact};
constexpr std::array kLimits{LimitKind::kComputrons, LimitKind::kStack,    LimitKind::kMemory,
                             LimitKind::kKeys,       LimitKind::kStepWall, LimitKind::kWall,
                             LimitKind::kCpu,        LimitKind::kThreads,  LimitKind::kFlood};

// How a process hung; left out where that is not known.
struct PaceWord {
  static constexpr std::array kWords{std::pair(HangPace::kIdle, "idle"),
                                     std::pair(HangPace::kBusy, "busy"),
                                     std::pair(HangPace::kGrowing, "growing")};
  static bool is_nothing(HangPace pace) { return pace == HangPace::kUnknown; }
  static HangPace read(JsonCursor& in, const JsonAt& at) { return JsonWords{kWords}.read(in, at); }
  static void write(HangPace pace, std::string& out) { JsonWords{kWords}.write(pace, out); }
};

// The word of a value is what to_string() calls it.
template <typename Values>
struct Named {
  const Values& values;

  [[nodiscard]] auto read(JsonCursor& in, const JsonAt& at) const {
    const std::string name = JsonString::read(in, at);
    for (const auto each : values) {
      if (to_string(each) == name) return each;
    }
    at.fail_word(name);
  }
  template <typename Value>
  void write(Value value, std::string& out) const {
    JsonString::write(to_string(value), out);
  }
};
template <typename Values>
Named(const Values&) -> Named<Values>;

// What the file of a question holds.
struct KeptRuns {
  std::string question;
  std::map<std::string, std::vector<BisectRun>> engines;
};

template <typename Members>
void json_members(Members& of, KeptRuns& kept) {
  of.schema("recrank.bisect-cache/1");
  of.required("question", kept.question);
  of.required("engines", kept.engines);
}

// Of an engine that could not be judged another try may say more.
bool tells(const BisectRun& run) {
  const bool ran_out = run.verdict.kind == VerdictKind::kUnjudged && !run.ended;
  return is_finding(run.verdict.kind) || run.verdict.kind == VerdictKind::kClean || ran_out;
}

}  // namespace

template <typename Members>
void json_members(Members& of, ProcessEnd& end) {
  of.required("signal", end.signal);
  of.required("exit", end.exit_status);
  of.required("meaning", end.meaning);
  of.required("last_words", end.last_words);
}

template <typename Members>
void json_members(Members& of, StepLimit& limit) {
  of.required("kind", limit.kind, Named{kLimits});
  of.required("value", limit.value);
  of.required("used", limit.used);
  of.sparse("pace", limit.end.pace, PaceWord());
}

template <typename Members>
void json_members(Members& of, Divergence& first) {
  of.required("step", first.step);
  of.required("field", first.field, Named{kFields});
  of.required("expected", first.expected);
  of.required("got", first.got);
  of.sparse("index", first.index);
  of.sparse("fact", first.fact);
}

template <typename Members>
void json_members(Members& of, LivedOn& lived_on) {
  of.required("step", lived_on.step);
  of.required("calls", lived_on.calls);
  of.sparse("first_call", lived_on.first_call);
}

template <typename Members>
void json_members(Members& of, BisectRun& run) {
  Verdict& verdict = run.verdict;
  of.required("kind", verdict.kind, Named{kKinds});
  of.required("ended", run.ended);
  of.sparse("perturbed", run.perturbed);
  of.sparse("ended_in_perturbation", run.ended_in_perturbation);
  of.sparse("step", verdict.step);
  of.sparse("as_recorded", verdict.as_recorded);
  of.sparse("signature", verdict.signature);
  of.sparse("reason", verdict.reason);
  of.sparse("detail", verdict.detail);
  const ProcessEnd& end = verdict.end;
  const bool ended = end.signal != 0 || end.exit_status != 0 || !end.meaning.empty();
  if (Members::kReads || ended) of.optional("end", verdict.end);
  of.sparse("limit", verdict.limit);
  of.sparse("lived_on", verdict.lived_on);
  std::optional<Divergence> first;
  if (!verdict.divergences.empty()) first = verdict.divergences.front();
  of.sparse("divergence", first);
  if constexpr (Members::kReads) {
    if (first) verdict.divergences = {*first};
    verdict.divergence_count = verdict.divergences.size();
    const bool whole = (verdict.kind != VerdictKind::kDiverged || first) &&
                       (verdict.kind != VerdictKind::kLimit || verdict.limit) &&
                       (!is_finding(verdict.kind) || verdict.step);
    if (!whole) of.fail("it lacks what its kind needs");
  }
}

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
    auto kept = read_json<KeptRuns>(read_small_file(file, kCacheBytesMax), file.string());
    if (kept.question == question) return std::move(kept.engines);
    note(file.string() + ": not used: it is not the cache of this question");
  } catch (const Error& error) {
    note(std::string(error.what()) + ": not used");
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
  AtomicFile file(file_of(question));
  file.write(write_json(KeptRuns{question, std::move(all)}) + "\n");
  file.commit();
}

void ProbeCache::save() {
  if (added_.empty()) return;
  try {
    fs::create_directories(directory_);
    const UniqueFd lock = lock_file(directory_ / "lock");
    for (const auto& [question, engines] : added_) write(question, engines);
  } catch (const Error& error) {
    lose(error.what());
  } catch (const fs::filesystem_error& error) {
    lose(error.what());
  }
  added_.clear();
}

void ProbeCache::lose(const std::string& why) {
  lost_ = true;
  note("nothing is kept for a later bisection: " + why);
}

}  // namespace recrank
