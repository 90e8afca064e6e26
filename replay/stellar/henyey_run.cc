// Format: docs/systems/henyey.md, "What it prints"
#include "replay/stellar/henyey_run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "replay/process/end_of_process.h"
#include "snapshot/stellar/height_log_line.h"

namespace recrank::stellar {
namespace {

// How long one that has closed both streams may take to end: there are gigabytes to free.
constexpr std::chrono::seconds kEndGrace{30};
constexpr size_t kShownBytes = 400;
constexpr size_t kFailuresMax =
    1000;  // one is enough to judge; a lying run has one for each ledger

std::string ledger(uint64_t seq) { return "ledger " + std::to_string(seq); }

[[noreturn]] void unsupported(const std::string& what) {
  throw Error(ErrorCode::kUnsupported, what);
}
[[noreturn]] void contradiction(const std::string& what) {
  throw Error(ErrorCode::kInvalidData, what);
}

std::string_view recorded_hash(const Step& step) {
  for (const NamedFact& fact : step.facts) {
    if (fact.name == kLedgerHash) return fact.value;
  }
  return {};
}

// The ledger whose input names another hash for the ledger before than was computed; nullopt: the
// line is another one.
std::optional<uint64_t> other_history(std::string_view line) {
  if (line.find("Hash mismatch - our computed header hash differs") == std::string_view::npos) {
    return std::nullopt;
  }
  for (const std::string_view name :
       {std::string_view("\"close_seq\":"), std::string_view("close_seq=")}) {
    const size_t at = line.find(name);
    if (at == std::string_view::npos) continue;
    const std::string_view number = line.substr(at + name.size());
    return parse_uint(number.substr(0, number.find_first_not_of("0123456789")));
  }
  return std::nullopt;
}

}  // namespace

HenyeyRun::HenyeyRun(WorkerCommand command, const Limits& limits, StepRange range,
                     PrivateCache cache, EngineGround ground, const Interrupt& interrupt)
    : program::ProgramRun(std::move(command), limits, interrupt),
      cache_(std::move(cache)),
      ground_(std::move(ground)),
      range_(range),
      streams_(process_.snapshot_fd(), process_.reply_fd()) {
  process_.close_commands();
}

// Nothing may write to the cache while it is removed.
HenyeyRun::~HenyeyRun() {
  process_.kill();
  try {
    process_.finish(std::chrono::milliseconds(0));
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): it sleeps in the kernel; nothing to do
  }
}

StepOutcome HenyeyRun::apply(const Step& step, CallHandler&) {
  RECRANK_CHECK(step.kind == StepKind::kDelivery);
  if (stopped_at_) {
    unsupported("the engine stopped at " + ledger(*stopped_at_) +
                ", as it does when a ledger differs: " + ledger(step.number) + " was not executed");
  }
  process_.limit_step(limits_.step_wall_s);
  StepOutcome outcome = await(step);
  process_.lift_step_limit();
  // A finding rests on state and input; a ledger that was closed as recorded has proved both.
  const bool as_recorded = std::holds_alternative<StepDone>(outcome) && !stopped_at_ &&
                           last_hash_ == recorded_hash(step);
  const bool interrupted = std::holds_alternative<StepInterrupted>(outcome);
  if (!as_recorded && !interrupted) {
    LedgerInputs::Hashes hashes;
    const auto said = failures_.find(step.number);
    if (stopped_at_ && said != failures_.end()) hashes.archive = said->second.expected;
    else if (std::holds_alternative<StepDone>(outcome)) hashes.computed = last_hash_;
    ground_.inputs.check(step, hashes);
    ground_.state.check(ground_.checkpoint);
  }
  return outcome;
}

StepOutcome HenyeyRun::await(const Step& step) {
  std::optional<StepOutcome> outcome = judge_said(step);
  while (!outcome) {
    std::string_view line;
    const TwoStreams::From from = streams_.next(line);
    outcome = from == TwoStreams::From::kEnd ? end_without(step.number) : hear(from, line, step);
  }
  return *std::move(outcome);
}

std::optional<StepOutcome> HenyeyRun::hear(TwoStreams::From from, std::string_view line,
                                           const Step& step) {
  if (from == TwoStreams::From::kOutput) {
    note_said(line);
    return judge_said(step);
  }
  HeightLine read;
  try {
    read = read_height_line(line);
  } catch (const Error& error) {
    return StepGarbled{error.what()};
  }
  if (read.kind != HeightLineKind::kClosed) {
    note_trouble(line, std::move(read));
    return std::nullopt;
  }
  for (const auto& [name, value] : read.facts) {
    if (name == kLedgerHash) last_hash_ = value;
  }
  // It goes through the ledgers from its checkpoint on, before those that were asked for.
  if (read.seq < step.number) return std::nullopt;
  any_closed_ = true;
  if (read.seq == step.number) return done(std::move(read.facts));
  for (std::string_view said; streams_.next_output(said);) note_said(said);
  if (auto outcome = judge_said(step)) return outcome;
  unsupported(ledger(step.number) + ": the engine passed over it and went on to " +
              ledger(read.seq));
}

void HenyeyRun::note_said(std::string_view line) {
  VerifyLine said = read_verify_line(line);
  switch (said.kind) {
    case VerifyLineKind::kOther: break;
    case VerifyLineKind::kMark:
      if (!mark_) mark_ = said.seq;
      break;
    case VerifyLineKind::kVerified:
    case VerifyLineKind::kMatched:
    case VerifyLineKind::kMismatches: summary_[said.kind] = said.count; break;
    default:
      if (failures_.size() < kFailuresMax) failures_.try_emplace(said.seq, std::move(said));
  }
}

void HenyeyRun::note_trouble(std::string_view line, HeightLine&& read) {
  if (const auto at = other_history(line)) other_history_at_ = at;
  if (read.kind == HeightLineKind::kTrouble && !read.facts.empty()) {
    differing_ = std::move(read.facts);
  }
}

// What it wrote to its log before the words that have just been heard on the other stream.
void HenyeyRun::hear_errors() {
  for (std::string_view line; streams_.next_error(line);) {
    try {
      HeightLine read = read_height_line(line);
      if (read.kind == HeightLineKind::kTrouble) note_trouble(line, std::move(read));
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): it has failed already
    }
  }
}

// What it said of this ledger or of one before it; nullopt: nothing yet.
std::optional<StepOutcome> HenyeyRun::judge_said(const Step& step) {
  if (failures_.empty() || failures_.begin()->first > step.number) return std::nullopt;
  const VerifyLine& said = failures_.begin()->second;
  if (said.seq < step.number) {
    unsupported("the engine failed at " + ledger(said.seq) +
                ", on its way from its checkpoint to " + ledger(step.number) + ": " +
                (said.text.empty() ? "its hash differs" : said.text));
  }
  switch (said.kind) {
    case VerifyLineKind::kHashMismatch: return judge_mismatch(said, step);
    case VerifyLineKind::kCloseFailed: return end_without(step.number);
    default:
      ground_.inputs.check(step, {});  // says more where the input is missing or damaged
      unsupported(ledger(said.seq) + " was not executed: " + said.text);
  }
}

// "expected A, got B": A is the archive's hash and B the engine's own, except where the input is of
// another history than the ledger before.
StepOutcome HenyeyRun::judge_mismatch(const VerifyLine& said, const Step& step) {
  hear_errors();
  const bool before = other_history_at_ == said.seq || said.expected == last_hash_;
  if (before) {
    unsupported(ledger(said.seq) + ": its input in the cache names " + said.got +
                " as the hash of the ledger before, for which the engine and the archive have " +
                said.expected + ": the cache holds two histories");
  }
  if (said.got == recorded_hash(step)) {
    unsupported(
        ledger(said.seq) + ": the engine computes the recorded hash " + said.got +
        ", but the archive has " + said.expected +
        ": it is the recording that differs from its network; compare it with another node's");
  }
  stopped_at_ = said.seq;
  const bool told = !differing_.empty() && differing_.back().second == said.got;
  return done(told ? std::move(differing_) : LedgerFacts{{kLedgerHash, said.got}});
}

StepOutcome HenyeyRun::done(LedgerFacts facts) {
  facts_ = std::move(facts);
  told_.clear();
  for (const auto& [name, value] : facts_) told_.push_back({name, value, false});
  StepDone result;
  result.facts = told_;
  return result;
}

const WorkerEnd& HenyeyRun::end_of_process() {
  for (std::string_view line;;) {
    const TwoStreams::From from = streams_.next(line);
    if (from == TwoStreams::From::kEnd) break;
    if (from == TwoStreams::From::kOutput) note_said(line);
  }
  return process_.finish(kEndGrace);
}

// Whole lines, the last of which says most.
std::string HenyeyRun::last_words() const {
  std::string tail = streams_.tail();
  if (tail.size() > kShownBytes) {
    const size_t line = tail.find('\n', tail.size() - kShownBytes);
    tail.erase(0, line + 1 < tail.size() ? line + 1 : tail.size() - kShownBytes);
  }
  while (tail.ends_with('\n')) tail.pop_back();
  return printable(tail);
}

StepOutcome HenyeyRun::outcome_of(const WorkerEnd& end) {
  const std::string tail = streams_.tail();
  return outcome_of_end(end, process_.usage(), {tail, tail}, limits_, ExitReader());
}

// It is over, or says that it is, and the ledger was not closed.
StepOutcome HenyeyRun::end_without(uint64_t seq) {
  const WorkerEnd& end = end_of_process();
  const bool left = end.by_itself && end.signal == 0;
  const std::string words = last_words();
  if (left && end.exit_status == 0) {
    unsupported("the engine left with status 0 without having closed " + ledger(seq) +
                "; its last words: " + words);
  }
  if (left && mark_ && *mark_ < seq) {
    unsupported(
        "the engine stopped at " + ledger(*mark_) +
        ", which it closed as recorded: its input in the cache holds other results than were "
        "computed; its last words: " +
        words);
  }
  // What goes wrong with a ledger it says of the ledger. What else makes it give up is what it was
  // given: no archive, one that ends too early, a damaged cache.
  if (left && failures_.empty()) {
    unsupported("the engine gave up (status " + std::to_string(end.exit_status) + ") before " +
                (any_closed_ ? ledger(seq) : "its first ledger") + "; its last words: " + words);
  }
  return outcome_of(end);
}

StepOutcome HenyeyRun::finish() {
  if (stopped_at_) return StepDone{};
  process_.limit_step(limits_.step_wall_s);
  const WorkerEnd& end = end_of_process();
  if (!end.by_itself || end.signal != 0) return outcome_of(end);
  demand_sound_end(end);
  return StepDone{};
}

void HenyeyRun::demand_sound_end(const WorkerEnd& end) const {
  const std::string all = "all ledgers were closed as recorded, but ";
  if (!failures_.empty()) {
    const VerifyLine& said = failures_.begin()->second;
    contradiction(all + "the engine says of " + ledger(said.seq) + ": " +
                  (said.text.empty() ? "its hash differs" : said.text));
  }
  if (mark_) {
    contradiction(all + "the engine says that " + ledger(*mark_) +
                  " differs from the archive: it is the recording that differs from its network");
  }
  if (end.exit_status != 0) {
    contradiction(all + "the engine left with status " + std::to_string(end.exit_status) +
                  "; its last words: " + last_words());
  }
  const uint64_t count = range_.end - range_.begin;
  const auto says = [&](VerifyLineKind kind) {
    const auto found = summary_.find(kind);
    return found == summary_.end() ? std::string("nothing") : std::to_string(found->second);
  };
  const std::string wanted = std::to_string(count);
  if (says(VerifyLineKind::kVerified) == wanted && says(VerifyLineKind::kMatched) == wanted) return;
  contradiction(all + "its summary counts " + says(VerifyLineKind::kVerified) + " verified and " +
                says(VerifyLineKind::kMatched) + " matched of " + wanted);
}

}  // namespace recrank::stellar
