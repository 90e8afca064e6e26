// How a log tells of the ends of processes, and which words they belong to.
#include <algorithm>
#include <csignal>
#include <utility>

#include "base/text.h"
#include "replay/crash/signal_words.h"
#include "replay/crash/steady_words.h"
#include "replay/triage/triage.h"

namespace recrank {
namespace {

constexpr size_t kUnitsMax = 1000;

bool fits(const DeathSeen& death, const EndWords& end) {
  switch (death.kind) {
    case DeathKind::kNative: return end.signal != 0;
    case DeathKind::kUncaught: return end.signal == 0 && !end.timed_out;
    case DeathKind::kPanic: return end.signal == SIGABRT || end.exit_status == 101;
    default: return true;
  }
}

// "dispatch.service" and "dispatch-server[12]".
bool related(std::string_view unit, std::string_view source) {
  const std::string_view stem = unit.substr(0, unit.find_first_of(".@"));
  const std::string_view program = program_of(source);
  return !stem.empty() && !program.empty() &&
         (program.starts_with(stem) || stem.starts_with(program));
}

bool asks_to_end(int signal) { return signal == SIGTERM || signal == SIGINT || signal == SIGHUP; }

std::string signature_of_end(const EndWords& end, const std::string& perhaps) {
  if (end.timed_out) return "ended by timeout";
  if (end.signal != 0) {
    return signal_name(end.signal) + (is_outside_signal(end.signal) ? " sent" : " no-words");
  }
  const std::string status = "exit " + std::to_string(end.exit_status);
  if (perhaps.empty()) return status + " no-words";
  return status + " \"" + steady_words(std::string_view(perhaps).substr(perhaps.find(": ") + 2)) +
         "\"";
}

}  // namespace

std::optional<DeathSeen> Triage::claim_pending(const LogLine& line, const EndWords& end) {
  settle_all();
  auto chosen = pending_.end();
  for (auto each = pending_.begin(); each != pending_.end(); ++each) {
    if (!fits(each->death, end)) continue;
    const bool closer = related(end.unit, each->source) || each->source == line.source;
    const bool worse = chosen != pending_.end() && related(end.unit, chosen->source) && !closer;
    if (!worse) chosen = each;  // the newest
  }
  if (chosen == pending_.end()) return std::nullopt;
  DeathSeen death = std::move(chosen->death);
  pending_.erase(chosen);
  return death;
}

DeathSeen Triage::death_of_end(const LogLine& line, const EndWords& end) {
  Talk* cause = nullptr;
  for (auto& [source, talk] : talks_) {
    const bool newer = cause == nullptr || talk.used > cause->used;
    if (end.signal == 0 && !end.timed_out && !talk.perhaps.empty() && newer) cause = &talk;
  }
  DeathSeen death;
  death.kind = end.timed_out     ? DeathKind::kTimeout
               : end.signal != 0 ? DeathKind::kSignal
                                 : DeathKind::kExit;
  death.signature = signature_of_end(end, cause == nullptr ? "" : cause->perhaps);
  death.words = cause == nullptr ? printable(line.text, 300) : cause->perhaps;
  death.place = place(line.time);
  if (cause != nullptr) cause->perhaps.clear();
  return death;
}

void Triage::take_end(const LogLine& line, const EndWords& end) {
  // A shell and what started it tell of one death each in its own words.
  const bool again = last_end_ && last_end_->teller != end.teller && end.unit.empty() &&
                     last_end_->signal == end.signal && last_end_->exit_status == end.exit_status;
  if (again) return;
  last_end_ = end;
  if (end.in_peace() || (asks_to_end(end.signal) && stopping_.count(end.unit) != 0)) {
    stopping_.erase(end.unit);
    ++result_.ends;
    return;
  }
  auto claimed = claim_pending(line, end);
  DeathSeen death = claimed ? std::move(*claimed) : death_of_end(line, end);
  death.end = to_words(end);
  if (end.unit.empty()) {
    count(std::move(death));
    return;
  }
  death.program = end.unit;
  // The service manager has more to say: its result, its peak of memory.
  if (const auto before = of_unit_.find(end.unit); before != of_unit_.end()) {
    count(std::move(before->second));
    of_unit_.erase(before);
  } else if (of_unit_.size() >= kUnitsMax) {
    count(std::move(of_unit_.begin()->second));
    of_unit_.erase(of_unit_.begin());
  }
  of_unit_.emplace(end.unit, std::move(death));
}

bool Triage::take_unit(const LogLine& line) {
  const bool service_manager = line.source.empty() || line.source.starts_with("systemd");
  const auto words = service_manager ? parse_unit_words(line.text) : std::nullopt;
  if (!words) return false;
  const auto last = of_unit_.find(words->unit);
  switch (words->kind) {
    case UnitWords::Kind::kStarted: ++result_.starts; break;
    case UnitWords::Kind::kStopping:
      if (stopping_.size() < kUnitsMax) stopping_[words->unit] = true;
      break;
    case UnitWords::Kind::kStopped: stopping_.erase(words->unit); break;
    case UnitWords::Kind::kConsumed:
      if (last != of_unit_.end() && !words->peak.empty()) last->second.peak = words->peak;
      break;
    case UnitWords::Kind::kFailed:
      if (last != of_unit_.end()) {
        if (words->result == "oom-kill" && last->second.kind == DeathKind::kSignal) {
          last->second.signature = "SIGKILL oom-kill";
        }
      } else if (words->result == "oom-kill" || words->result == "timeout" ||
                 words->result == "watchdog") {
        DeathSeen death;
        death.kind = DeathKind::kSignal;
        death.signature = "service result " + words->result;
        death.words = printable(line.text, 300);
        death.program = words->unit;
        death.place = place(line.time);
        of_unit_.emplace(words->unit, std::move(death));
      }
      break;
  }
  return true;
}

void Triage::end_file() {
  settle_all();
  for (Pending& each : pending_) count(std::move(each.death));
  pending_.clear();
  for (auto& [unit, death] : of_unit_) count(std::move(death));
  of_unit_.clear();
  stopping_.clear();
  // Captured stderr that ends with an error: nobody is there to tell of the end.
  const auto own = talks_.find("");
  if (own != talks_.end() && !own->second.perhaps.empty() &&
      own->second.perhaps_at.line == last_words_line_) {
    DeathSeen death;
    const std::string& words = own->second.perhaps;
    death.signature =
        "error \"" + steady_words(std::string_view(words).substr(words.find(": ") + 2)) + "\"";
    death.words = words;
    death.place = own->second.perhaps_at;
    count(std::move(death));
    ++result_.known_lines;
  }
  talks_.clear();
}

}  // namespace recrank
