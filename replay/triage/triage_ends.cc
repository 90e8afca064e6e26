// How a log tells of the ends of processes, and which words they belong to.
#include <algorithm>
#include <cctype>
#include <csignal>
#include <utility>

#include "base/text.h"
#include "replay/crash/signal_words.h"
#include "replay/crash/steady_words.h"
#include "replay/triage/triage.h"

namespace recrank {
namespace {

constexpr size_t kUnitsMax = 1000;
// Fewer unknown lines before a death without words are no sign that those were overlooked.
constexpr uint64_t kUnreadTold = 5;

bool fits(const DeathSeen& death, const EndWords& end) {
  switch (death.kind) {
    case DeathKind::kNative: return end.signal != 0;
    case DeathKind::kUncaught: return end.signal == 0 && !end.timed_out;
    case DeathKind::kPanic: return end.signal == SIGABRT || end.exit_status == 101;
    default: return true;
  }
}

// Whether `text` begins with `word`, and with no longer word.
bool begins_with_word(std::string_view text, std::string_view word) {
  if (word.empty() || !text.starts_with(word)) return false;
  return text.size() == word.size() ||
         std::isalnum(static_cast<unsigned char>(text[word.size()])) == 0;
}

// "dispatch.service" and "dispatch-server[12]".
bool related(std::string_view unit, std::string_view source) {
  const std::string_view stem = unit.substr(0, unit.find_first_of(".@"));
  const std::string_view program = program_of(source);
  return begins_with_word(program, stem) || begins_with_word(stem, program);
}

// journalctl -o with-unit names the service manager by the scope that it runs in.
bool is_managers(std::string_view source) {
  return source.starts_with("systemd") || source.find("init.scope[") != std::string_view::npos;
}

// 931 of "bun[931]"; 0: the log does not say.
uint64_t pid_of(std::string_view source) {
  const size_t begin = source.find_first_of("[ ");
  if (begin == std::string_view::npos) return 0;
  std::string_view digits = source.substr(begin + 1);
  if (digits.ends_with(']')) digits.remove_suffix(1);
  return parse_uint(digits).value_or(0);
}

bool asks_to_end(int signal) { return signal == SIGTERM || signal == SIGINT || signal == SIGHUP; }

std::string behind_colon(std::string_view words) {
  return steady_words(words.substr(words.find(": ") + 2));
}

bool is_panic(std::string_view words) { return words.starts_with("panic: "); }

std::string signature_of_end(const EndWords& end, const std::string& perhaps) {
  if (end.timed_out) return "ended by timeout";
  const std::string how =
      end.signal != 0 ? signal_name(end.signal) : "exit " + std::to_string(end.exit_status);
  if (end.signal != 0 && is_outside_signal(end.signal)) return how + " sent";
  return how + (perhaps.empty() ? " no-words" : " \"" + behind_colon(perhaps) + "\"");
}

}  // namespace

void Triage::note_unit(const std::string& unit) {
  if (!unit.empty() && units_.size() < kUnitsMax) units_.insert(unit);
}

bool Triage::is_of_known_unit(std::string_view source) const {
  return std::any_of(units_.begin(), units_.end(),
                     [&](const std::string& unit) { return related(unit, source); });
}

// Whether what `source`, of `unit` where that is told, has said can belong to the end that `teller`
// tells.
Triage::Kin Triage::kin_of(std::string_view source, std::string_view unit, std::string_view teller,
                           const EndWords& end) const {
  const bool same = source == teller;
  if (end.unit.empty()) {
    if (same || (end.pid != 0 && pid_of(source) == end.pid)) return Kin::kOwn;
    return end.pid != 0 && pid_of(source) != 0 ? Kin::kForeign : Kin::kUnknown;
  }
  if (!unit.empty()) return unit == end.unit ? Kin::kOwn : Kin::kForeign;
  if (source.empty()) return same ? Kin::kOwn : Kin::kUnknown;
  if (end.teller == EndTeller::kContainer) return source == end.unit ? Kin::kOwn : Kin::kForeign;
  if (related(end.unit, source)) return Kin::kOwn;
  return is_of_known_unit(source) ? Kin::kForeign : Kin::kUnknown;
}

// The newest words that fit: of the process that ended, else of one of which the log does not say
// whose it is. What is still being said is only taken for whole where it is the end's own.
std::optional<DeathSeen> Triage::claim_pending(const LogLine& line, const EndWords& end) {
  for (auto& [source, talk] : talks_) {
    if (kin_of(source, talk.unit, line.source, end) == Kin::kOwn) settle(source, talk);
  }
  auto chosen = pending_.end();
  for (const Kin kin : {Kin::kUnknown, Kin::kOwn}) {
    for (auto each = pending_.begin(); each != pending_.end(); ++each) {
      if (fits(each->death, end) && kin_of(each->source, each->unit, line.source, end) == kin)
        chosen = each;
    }
  }
  if (chosen == pending_.end()) return std::nullopt;
  DeathSeen death = std::move(chosen->death);
  pending_.erase(chosen);
  return death;
}

DeathSeen Triage::death_of_end(const LogLine& line, const EndWords& end) {
  const auto tells = [&](const Talk& talk) {
    if (talk.perhaps.empty() || end.timed_out) return false;
    return end.signal == 0 || (is_panic(talk.perhaps) && !is_outside_signal(end.signal));
  };
  Talk* cause = nullptr;
  for (const Kin kin : {Kin::kUnknown, Kin::kOwn}) {
    Talk* newest = nullptr;
    for (auto& [source, talk] : talks_) {
      if (!tells(talk) || kin_of(source, talk.unit, line.source, end) != kin) continue;
      if (newest == nullptr || talk.used > newest->used) newest = &talk;
    }
    if (newest != nullptr) cause = newest;
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

// How many lines of what has ended said nothing that is known. The next life begins with none.
uint64_t Triage::forget_unknown(const LogLine& line, const EndWords& end) {
  bool told = false;
  uint64_t own = 0;
  uint64_t others = 0;
  for (auto& [source, talk] : talks_) {
    const Kin kin = kin_of(source, talk.unit, line.source, end);
    const bool system = is_managers(source) || source == "kernel";
    if (kin == Kin::kUnknown && !system) others += talk.unknown;
    if (kin != Kin::kOwn) continue;
    told = told || !is_managers(source);
    own += std::exchange(talk.unknown, 0);
  }
  return told ? own : others;
}

void Triage::take_end(const LogLine& line, const EndWords& end) {
  // A shell and what started it tell of one death each in its own words.
  const bool again = last_end_ && last_end_->teller != end.teller && end.unit.empty() &&
                     last_end_->signal == end.signal && last_end_->exit_status == end.exit_status;
  if (again) return;
  last_end_ = end;
  note_unit(end.unit);
  const bool asked = asks_to_end(end.signal) && stopping_.count(end.unit) != 0;
  if (end.in_peace() || asked) {
    forget_unknown(line, end);
    stopping_.erase(end.unit);
    ++result_.ends;
    return;
  }
  auto claimed = claim_pending(line, end);
  const uint64_t unread = forget_unknown(line, end);
  DeathSeen death = claimed ? std::move(*claimed) : death_of_end(line, end);
  death.end = to_words(end);
  if (!end.unit.empty()) death.program = end.unit;
  const bool wordless = !claimed && death.signature.ends_with(" no-words");
  if (wordless && unread >= kUnreadTold && unread_.size() < kUnitsMax) {
    Unread& of_program = unread_[death.program];
    ++of_program.deaths;
    of_program.lines += unread;
  }
  if (end.unit.empty()) {
    count(std::move(death));
    return;
  }
  if (const auto before = of_unit_.find(end.unit); before != of_unit_.end()) {
    count_of_unit(std::move(before->second));
    of_unit_.erase(end.unit);
  } else if (of_unit_.size() >= kUnitsMax) {
    count_of_unit(std::move(of_unit_.begin()->second));
    of_unit_.erase(of_unit_.begin());
  }
  of_unit_.emplace(end.unit, UnitDeath{std::move(death), wordless && end.signal != 0});
}

// A report that was open when the end came, of a process that may be the unit's: nothing followed
// it, so that was its end.
void Triage::count_of_unit(UnitDeath last) {
  DeathSeen& death = last.death;
  EndWords end;
  end.unit = death.program;
  for (auto& [source, talk] : talks_) {
    const bool ended_then = last.wordless && talk.bun.has_report() &&
                            talk.bun_line < death.place.line &&
                            kin_of(source, talk.unit, "systemd", end) == Kin::kUnknown;
    if (!ended_then) continue;
    settle(source, talk);
    DeathSeen native = std::move(pending_.back().death);
    pending_.pop_back();
    native.end = death.end;
    native.program = death.program;
    native.peak = death.peak;
    count(std::move(native));
    return;
  }
  count(std::move(death));
}

bool Triage::take_unit(const LogLine& line) {
  const bool service_manager = line.source.empty() || is_managers(line.source);
  const auto words = service_manager ? parse_unit_words(line.text) : std::nullopt;
  if (!words) return false;
  note_unit(words->unit);
  const auto last = of_unit_.find(words->unit);
  switch (words->kind) {
    case UnitWords::Kind::kStarted: ++result_.starts; break;
    case UnitWords::Kind::kStopping:
      if (stopping_.size() < kUnitsMax) stopping_[words->unit] = true;
      break;
    case UnitWords::Kind::kStopped: stopping_.erase(words->unit); break;
    case UnitWords::Kind::kConsumed:
      if (last != of_unit_.end() && !words->peak.empty()) last->second.death.peak = words->peak;
      break;
    case UnitWords::Kind::kFailed:
      if (last != of_unit_.end()) {
        DeathSeen& death = last->second.death;
        if (words->result == "oom-kill" && death.kind == DeathKind::kSignal)
          death.signature = "SIGKILL oom-kill";
      } else if (words->result == "oom-kill" || words->result == "timeout" ||
                 words->result == "watchdog") {
        DeathSeen death;
        death.kind = DeathKind::kSignal;
        death.signature = "service result " + words->result;
        death.words = printable(line.text, 300);
        death.program = words->unit;
        death.place = place(line.time);
        of_unit_.emplace(words->unit, UnitDeath{std::move(death)});
      }
      break;
  }
  return true;
}

void Triage::end_file() {
  reader_.end_file([this](const LogLine& heard) { take_line(heard); });
  for (auto& [unit, last] : of_unit_) count_of_unit(std::move(last));
  of_unit_.clear();
  settle_all();
  for (Pending& each : pending_) count(std::move(each.death));
  pending_.clear();
  stopping_.clear();
  // Captured stderr that ends with an error: nobody is there to tell of the end.
  const auto own = talks_.find("");
  if (own != talks_.end() && !own->second.perhaps.empty() &&
      own->second.perhaps_at.line == last_words_line_) {
    DeathSeen death;
    const std::string& words = own->second.perhaps;
    death.signature = "error \"" + behind_colon(words) + "\"";
    death.words = words;
    death.place = own->second.perhaps_at;
    count(std::move(death));
    ++result_.known_lines;
  }
  talks_.clear();
}

}  // namespace recrank
