#include "replay/triage/triage.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "replay/crash/signature.h"
#include "replay/crash/steady_words.h"
#include "replay/triage/death_words.h"

namespace recrank {
namespace {

constexpr size_t kTailBytesMax = 64 << 10;
constexpr size_t kTalksMax = 64;
constexpr size_t kPendingMax = 64;
constexpr size_t kWordsBytes = 300;

// Frames that lost their indent where somebody quoted a log.
std::string with_indent(std::string_view line) {
  const size_t first = line.find_first_not_of(' ');
  if (first == std::string_view::npos || first >= 4) return std::string(line);
  const bool frame =
      line.substr(first).starts_with("at ") && line.find(':') != std::string_view::npos;
  return frame ? "      " + std::string(line.substr(first)) : std::string(line);
}

bool ends_js_words(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.starts_with("Node.js v")) return text.find(' ', 9) == std::string_view::npos;
  return text.starts_with("Bun v") && text.ends_with(')') &&
         text.find(" (") != std::string_view::npos;
}

// "Bun 1.3.14" of "Bun v1.3.14 (Linux x64)", "Node.js 20.20.2" of "Node.js v20.20.2".
std::string build_of_footer(std::string_view text) {
  const size_t version = text.find(" v");
  const std::string_view rest = text.substr(version + 2);
  return printable(
      std::string(text.substr(0, version)) + " " + std::string(rest.substr(0, rest.find(' '))), 60);
}

std::string js_class(const JsDeath& death) {
  ProcessEnd end;
  end.exit_status = 1;  // what Bun and Node end with then
  end.death = program_death(death);
  return crash_signature(end);
}

}  // namespace

void Triage::begin_file(std::string name) {
  // A rotated journal goes on in the next file.
  if (file_ != name + ".1") end_app_life(false);
  file_ = std::move(name);
  line_ = 0;
  last_words_line_ = 0;
  last_end_.reset();
}

LogPlace Triage::place(std::string_view time) const { return {printable(time, 60), file_, line_}; }

Triage::Talk& Triage::talk_of(const LogLine& line) {
  const std::string key = printable(line.source, 120);
  if (talks_.size() >= kTalksMax && talks_.count(key) == 0) {
    const auto oldest = std::min_element(
        talks_.begin(), talks_.end(),
        [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    settle(oldest->first, oldest->second);
    talks_.erase(oldest);
  }
  Talk& talk = talks_[key];
  talk.used = ++tick_;
  if (!line.unit.empty()) talk.unit = printable(line.unit, 120);
  return talk;
}

void Triage::take(std::string_view line, bool cut_off) {
  ++line_;
  ++result_.lines;
  reader_.take(line, cut_off, [this](const LogLine& heard) { take_line(heard); });
}

void Triage::take_line(const LogLine& whole) {
  if (program::looks_like_app_record(whole.text)) {
    if (take_record(whole.text, whole.cut_off)) ++result_.known_lines;
    return;
  }
  LogLine line = whole;
  line.text = line.text.substr(0, kTriageLineBytes);
  Talk& talk = talk_of(line);
  if (!line.text.empty()) last_words_line_ = line_;
  if (take_native(line, talk) || take_panic(line, talk) || take_js(line, talk)) {
    ++result_.known_lines;
    talk.unknown = 0;
    return;
  }
  if (const auto end = parse_end_words(line.text)) {
    ++result_.known_lines;
    take_end(line, *end);
    return;
  }
  if (take_unit(line) || take_words(line, talk)) {
    ++result_.known_lines;
  } else if (line.text.find_first_not_of(' ') != std::string_view::npos) {
    ++talk.unknown;
  }
}

bool Triage::take_native(const LogLine& line, Talk& talk) {
  const std::string source = printable(line.source, 120);
  if (talk.bun.has_report() && line.text.starts_with("Bun v")) settle(source, talk);
  const bool was_open = talk.bun.has_report();
  if (!talk.bun.take(line.text)) return false;
  last_end_.reset();
  if (!was_open) talk.bun_at = place(line.time);
  talk.bun_line = line_;
  if (talk.bun.complete()) settle(source, talk);
  return true;
}

// "thread 'main' (17149) panicked at FILE:LINE:COL:" and its message on the next line; before
// Rust 1.73 "thread 'main' panicked at 'MESSAGE', FILE:LINE:COL".
bool Triage::take_panic(const LogLine& line, Talk& talk) {
  if (std::exchange(talk.panic_message_next, false) && !pending_.empty()) {
    const auto panic = std::find_if(pending_.rbegin(), pending_.rend(), [&](const Pending& each) {
      return each.source == line.source && each.death.kind == DeathKind::kPanic;
    });
    if (panic == pending_.rend()) return false;
    panic->death.signature += " \"" + steady_words(line.text) + "\"";
    panic->death.words = printable(line.text, kWordsBytes);
    return true;
  }
  constexpr std::string_view kPanicked = " panicked at ";
  const size_t at = line.text.find(kPanicked);
  if (!line.text.starts_with("thread '") || at == std::string_view::npos) return false;
  std::string_view where = line.text.substr(at + kPanicked.size());
  DeathSeen death;
  death.kind = DeathKind::kPanic;
  death.place = place(line.time);
  death.program = printable(program_of(line.source), 100);
  death.words = printable(line.text, kWordsBytes);
  if (where.starts_with('\'')) {
    const std::string_view message = where.substr(1, where.find('\'', 1) - 1);
    where = where.substr(std::min(message.size() + 2, where.size()));
    if (where.starts_with(", ")) where.remove_prefix(2);
    const std::string_view file = where.starts_with(' ') ? "" : where.substr(0, where.find(':'));
    death.signature = "panic " + (file.empty() ? "" : printable(file, 100) + " ") + "\"" +
                      steady_words(message) + "\"";
  } else {
    death.signature = "panic " + printable(where.substr(0, where.find(':')), 100);
    talk.panic_message_next = true;
  }
  add_pending(std::move(death), line.source, talk.unit);
  return true;
}

bool Triage::take_js(const LogLine& line, Talk& talk) {
  if (!ends_js_words(line.text)) {
    talk.tail.push_back(with_indent(line.text));
    talk.tail_bytes += talk.tail.back().size() + 1;
    while (talk.tail_bytes > kTailBytesMax) {
      talk.tail_bytes -= talk.tail.front().size() + 1;
      talk.tail.pop_front();
    }
    return false;
  }
  std::string words;
  for (const std::string& each : talk.tail) words += each + "\n";
  talk.tail.clear();
  talk.tail_bytes = 0;
  talk.perhaps.clear();
  DeathSeen death;
  death.kind = DeathKind::kUncaught;
  death.build = build_of_footer(line.text);
  death.program = printable(program_of(line.source), 100);
  death.place = place(line.time);
  death.js = parse_js_death(words + std::string(line.text) + "\n");
  death.signature = death.js ? js_class(*death.js) : "exit 1 uncaught, in words of another form";
  if (death.js) death.words = printable(death.js->name + ": " + death.js->message, kWordsBytes);
  add_pending(std::move(death), line.source, talk.unit);
  return true;
}

bool Triage::take_words(const LogLine& line, Talk& talk) {
  const auto words = find_words(line.text);
  if (!words) return false;
  const WordsKind kind = words->rule->kind;
  if (kind == WordsKind::kStarted) {
    settle_program(line.source);
    last_end_.reset();
    ++result_.starts;
    return true;
  }
  if (kind == WordsKind::kEnded) {
    ++result_.ends;
    return true;
  }
  if (kind == WordsKind::kPerhaps) {
    talk.perhaps = printable(line.text, kWordsBytes);
    talk.perhaps_at = place(line.time);
    return false;  // by itself it is nothing
  }
  talk.unknown = 0;
  DeathSeen death;
  const bool worker = kind == WordsKind::kWorker;
  death.kind = kind == WordsKind::kFatal ? DeathKind::kFatal
               : worker                  ? DeathKind::kSignal
                                         : DeathKind::kMismatch;
  death.signature = std::string(words->rule->system) + ": " + std::string(words->rule->name);
  if (!words->told.empty())
    death.signature += worker ? " " + words->told : " \"" + words->told + "\"";
  death.words = printable(line.text, kWordsBytes);
  death.program = printable(program_of(line.source), 100);
  death.place = place(line.time);
  if (kind != WordsKind::kMismatch) {
    add_pending(std::move(death), line.source, talk.unit);
    return true;
  }
  // Several lines tell of one, each in its own words.
  const bool again = !words->height.empty() && words->height == talk.mismatch;
  talk.mismatch = words->height;
  if (!again) count(std::move(death));
  return true;
}

void Triage::settle(const std::string& source, Talk& talk) {
  if (!talk.bun.has_report()) return;
  const BunReport report = talk.bun.finish();
  DeathSeen death;
  death.kind = DeathKind::kNative;
  death.signature = bun_signature(report);
  if (!report.version.empty()) death.build = "Bun " + report.version + " (" + report.commit + ")";
  death.program = source.empty() ? report.program : std::string(program_of(source));
  death.words = report.what.empty() ? "its report is cut off" : report.what;
  if (report.address) death.words += " at address " + format_address(*report.address);
  death.place = talk.bun_at;
  add_pending(std::move(death), source, talk.unit);
}

void Triage::settle_all() {
  for (auto& [source, talk] : talks_) settle(source, talk);
}

// A life begins: what an earlier one of the same program has said is all that it will say.
void Triage::settle_program(std::string_view source) {
  for (auto& [each, talk] : talks_) {
    if (program_of(each) == program_of(source)) settle(each, talk);
  }
}

void Triage::add_pending(DeathSeen death, std::string_view source, std::string_view unit) {
  last_end_.reset();
  const auto same = std::find_if(pending_.begin(), pending_.end(),
                                 [&](const Pending& each) { return each.source == source; });
  if (same != pending_.end()) {
    // What follows from the first fault is no death of its own.
    const bool follows =
        death.kind == DeathKind::kFatal &&
        (same->death.kind == DeathKind::kFatal || same->death.kind == DeathKind::kSignal);
    if (follows) return;
    count(std::move(same->death));
    pending_.erase(same);
  }
  if (pending_.size() >= kPendingMax) {
    count(std::move(pending_.front().death));
    pending_.erase(pending_.begin());
  }
  pending_.push_back({std::move(death), std::string(source), std::string(unit)});
}

std::string_view to_string(DeathKind kind) {
  switch (kind) {
    case DeathKind::kNative: return "native";
    case DeathKind::kUncaught: return "uncaught";
    case DeathKind::kPanic: return "panic";
    case DeathKind::kFatal: return "fatal";
    case DeathKind::kSignal: return "signal";
    case DeathKind::kExit: return "exit";
    case DeathKind::kTimeout: return "timeout";
    case DeathKind::kVanished: return "vanished";
    case DeathKind::kUnderWay: return "under-way";
    case DeathKind::kMismatch: return "mismatch";
  }
  return "unknown";
}

}  // namespace recrank
