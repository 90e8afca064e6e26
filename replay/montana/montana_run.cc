#include "replay/montana/montana_run.h"

#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/hex.h"
#include "replay/montana/montana_clock.h"
#include "replay/process/proc_usage.h"
#include "snapshot/montana/montana_step.h"

namespace recrank::montana {
namespace {

constexpr size_t kFactsMax = 7;

std::string seconds_text(double seconds) {
  std::string text = std::to_string(seconds);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + " s";
}

}  // namespace

MontanaRun::MontanaRun(Node node, const StartRequest& request, const Interrupt& interrupt)
    : node_(std::move(node)),
      range_(request.range),
      clock_(clock_check(request.options)),
      limits_(request.limits),
      interrupt_(interrupt),
      begin_(std::chrono::steady_clock::now()) {
  facts_.reserve(kFactsMax);
  values_.reserve(kFactsMax);
  if (clock_ == ClockCheck::kNone || node_.head().clock_hashes) return;
  throw Error(ErrorCode::kUnsupported,
              "the state does not say how many hashes the clock takes in a window "
              "(meta/timechain.bin is missing or damaged): --verify-clock none replays without it");
}

StepOutcome MontanaRun::apply(const Step& step, CallHandler&) {
  step_begin_ = std::chrono::steady_clock::now();
  cpu_step_begin_s_ = thread_cpu_s();
  if (must_stop()) return stopped_outcome();
  StepOutcome outcome = close(step);
  cpu_s_ += thread_cpu_s() - cpu_step_begin_s_;
  return outcome;
}

StepOutcome MontanaRun::close(const Step& step) {
  const Envelope envelope = parse_envelope(step.delivery, step.number);
  if (envelope.window != node_.head().window + 1) {
    throw Error(ErrorCode::kUnsupported, "window " + std::to_string(envelope.window) +
                                             " does not follow on the state, which is of window " +
                                             std::to_string(node_.head().window));
  }
  check_link(envelope);
  const Digest bundles = checked_bundles_root(envelope);
  facts_.clear();
  values_.clear();
  const Digest link = proposal_hash(node_.head().header);
  std::optional<Digest> clock;
  if (computes_clock(envelope)) {
    clock = digest_at(node_.head().header, kClockValue);
    if (!run(*clock)) return stopped_outcome();
    if (*clock == digest_at(envelope.header, kClockValue)) clock_proven_ = true;
    else doubt_clock(envelope);
    if (met_ || interrupt_.requested()) return stopped_outcome();
  }
  node_.close(envelope);
  if (ends_epoch(envelope.window)) clock_proven_ = false;  // D is another one from here on
  const Roots roots = node_.roots();
  tell(kFactNodeRoot, roots.node);
  tell(kFactCandidateRoot, roots.candidate);
  tell(kFactAccountRoot, roots.account);
  tell(kFactStateRoot, state_root_of(roots));
  if (clock) tell(kFactClock, *clock);
  tell(kFactBundlesRoot, bundles);
  tell(kFactLink, link);
  first_ = false;
  StepDone done;
  done.facts = facts_;
  return done;
}

// The state may be of another history than the windows: no difference behind it would mean a thing.
void MontanaRun::check_link(const Envelope& envelope) const {
  if (!first_) return;
  const Digest expected = proposal_hash(node_.head().header);
  const Digest recorded = digest_at(envelope.header, kPrevProposalHash);
  if (expected == recorded) return;
  throw Error(ErrorCode::kInvalidData,
              "window " + std::to_string(envelope.window) +
                  " does not follow on the state: it links to " + to_hex(bytes_of(recorded)) +
                  ", the state's header of window " + std::to_string(node_.head().window) +
                  " has the hash " + to_hex(bytes_of(expected)) +
                  " (take the state of the same node)");
}

// What a window applies is input: where it is not what its header says, nothing is known of the
// node.
Digest MontanaRun::checked_bundles_root(const Envelope& envelope) {
  const Digest made = bundles_root_of(envelope);
  const Digest recorded = digest_at(envelope.header, kBundlesRoot);
  if (made == recorded) return made;
  throw Error(ErrorCode::kInvalidData, "window " + std::to_string(envelope.window) +
                                           " is damaged: its bundles make the " + "bundles_root " +
                                           to_hex(bytes_of(made)) + ", its header holds " +
                                           to_hex(bytes_of(recorded)));
}

bool MontanaRun::computes_clock(const Envelope& envelope) {
  const StepRange range = range_.empty() ? StepRange{envelope.window, envelope.window + 1} : range_;
  return is_checked(envelope.window, range, clock_);
}

bool MontanaRun::run(Digest& value) {
  return run_clock(value, *node_.head().clock_hashes, [this] { return must_stop(); });
}

// False also where it was stopped.
bool MontanaRun::leads(const Digest& from, uint64_t hashes, const Digest& to) {
  Digest value = from;
  return run_clock(value, hashes, [this] { return must_stop(); }) && value == to;
}

// Another t_r than recorded, and D has not led to a recorded one: is it D that is wrong? It must
// lead from the t_r before the state to that of the state, there still unraised where the state is
// of the end of a τ₂.
void MontanaRun::doubt_clock(const Envelope& envelope) {
  if (clock_proven_) return;
  const PackedHead& head = node_.head();
  const Digest value = digest_at(head.header, kClockValue);
  const auto unraised = unraised_clock_hashes(*head.clock_hashes);
  const auto into = ends_epoch(head.window) ? unraised : head.clock_hashes;
  const bool proven = head.clock_before && into && leads(*head.clock_before, *into, value);
  if (must_stop()) return;
  if (proven && !ends_epoch(head.window)) {
    clock_proven_ = true;
    return;
  }
  const std::string where = "t_r of window " + std::to_string(envelope.window) +
                            " cannot be judged (--verify-clock none replays without it)";
  if (head.window >= kEpochWindows && unraised &&
      leads(value, *unraised, digest_at(envelope.header, kClockValue))) {
    throw Error(ErrorCode::kUnsupported, "the clock goes on with a D of " +
                                             std::to_string(*unraised) +
                                             ", which the end of the τ₂ should have raised to " +
                                             std::to_string(*head.clock_hashes) +
                                             " (a node under --d-test-override does so): " + where);
  }
  if (must_stop() || proven) return;
  if (!head.clock_before) {
    throw Error(ErrorCode::kUnsupported,
                "nothing proves the D of meta/timechain.bin, since the window before " +
                    std::to_string(head.window) + " is not held, and " +
                    std::to_string(*head.clock_hashes) +
                    " hashes do not lead to the next t_r: " + where);
  }
  throw Error(ErrorCode::kInvalidData, "meta/timechain.bin: " + std::to_string(*head.clock_hashes) +
                                           " hashes do not lead from t_r of window " +
                                           std::to_string(head.window - 1) + " to that of window " +
                                           std::to_string(head.window) +
                                           ": its D is damaged, and " + where);
}

bool MontanaRun::must_stop() {
  if (interrupt_.requested()) return true;
  if (seconds_since(step_begin_) > limits_.step_wall_s) met_ = LimitKind::kStepWall;
  else if (seconds_since(begin_) > limits_.wall_s) met_ = LimitKind::kWall;
  else if (cpu_s_ + thread_cpu_s() - cpu_step_begin_s_ > static_cast<double>(limits_.cpu_s))
    met_ = LimitKind::kCpu;
  return met_.has_value();
}

StepOutcome MontanaRun::stopped_outcome() const {
  if (!met_) return StepInterrupted{};
  StepLimit limit;
  limit.kind = *met_;
  limit.value = seconds_text(*met_ == LimitKind::kStepWall ? limits_.step_wall_s
                             : *met_ == LimitKind::kWall   ? limits_.wall_s
                                                           : static_cast<double>(limits_.cpu_s));
  return limit;
}

void MontanaRun::tell(std::string_view name, const Digest& value) {
  values_.push_back(to_hex(bytes_of(value)));
  facts_.push_back({name, values_.back()});
}

RunCost MontanaRun::cost() const {
  const uint64_t held = node_.memory_bytes();
  return {cpu_s_, held, held, held};
}

StepOutcome MontanaRun::write_snapshot(std::string& sha256) {
  Sha256 hash;
  node_.pack([&](std::string_view bytes) { hash.update(bytes); });
  sha256 = hash.finish_hex();
  return StepDone{};
}

StepOutcome MontanaRun::write_checkpoint(int file) {
  node_.pack([&](std::string_view bytes) { write_all(file, bytes, "packed tables"); });
  return StepDone{};
}

}  // namespace recrank::montana
