#include "replay/crash/signature.h"

#include <signal.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "base/text.h"
#include "replay/crash/frame_name.h"
#include "replay/crash/recursion.h"
#include "replay/crash/signal_words.h"
#include "replay/crash/steady_words.h"

namespace recrank {
namespace {

constexpr size_t kFunctions = 3;  // deeper ones tell callers apart rather than crashes
constexpr size_t kFileBytesMax = 80;
constexpr uint64_t kNearBytes = 64 << 10;  // a member or element of an object that is not there
constexpr size_t kCycleMax = 64;           // functions that call each other in turn

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The engine's own functions, innermost first, each as often as it occurs. Inlined calls are left
// out: of a build without debug information nobody sees them.
std::vector<std::string> own_functions(const std::vector<Frame>& frames) {
  std::vector<std::string> names;
  for (const Frame& frame : frames) {
    if (!frame.inlined && role_of(frame) == FrameRole::kOwn) names.push_back(frame_name(frame));
  }
  return names;
}

// The engine was inside the C library: one word, since its inner names depend on the machine.
bool inside_system(const std::vector<Frame>& frames) {
  const auto first = std::find_if(frames.begin(), frames.end(), [](const Frame& frame) {
    return !frame.inlined && role_of(frame) != FrameRole::kPlumbing;
  });
  return first != frames.end() && role_of(*first) == FrameRole::kSystem;
}

// The innermost functions, each once: how deep a recursion had gone makes no difference. Where they
// are all of one recursion, the one that began it is named as well.
std::string innermost(const std::vector<Frame>& frames, bool with_system) {
  const std::vector<std::string> own = own_functions(frames);
  std::vector<std::string> names;
  if (with_system && inside_system(frames)) names.emplace_back("libc");
  size_t next = 0;
  for (; next < own.size() && names.size() < kFunctions; ++next) {
    if (!holds(names, own[next])) names.push_back(own[next]);
  }
  const std::vector<Recursion> rounds = recursions_of(std::span<const std::string>(own));
  if (rounds.empty() || rounds.front().begin > 0) return joined(names, "<");
  const size_t behind = rounds.front().end;
  if (behind >= next && behind < own.size()) names.push_back(own[behind]);
  return joined(names, "<");
}

// Where the stack ends is chance: it may be in any of the functions that call each other. So they
// are written as a ring that begins at its alphabetically first member.
std::string recursion(const std::vector<Frame>& frames) {
  const std::vector<std::string> names = own_functions(frames);
  for (size_t period = 1; period <= kCycleMax && 3 * period <= names.size(); ++period) {
    // The innermost frames may be a call out of the ring: look for it a few frames further out.
    for (size_t begin = 0; begin + 3 * period <= names.size() && begin < kCycleMax; ++begin) {
      const auto at = names.begin() + static_cast<ptrdiff_t>(begin);
      const auto length = static_cast<ptrdiff_t>(period);
      if (!std::equal(at, at + 2 * length, at + length)) continue;
      std::vector<std::string> ring(at, at + length);
      std::rotate(ring.begin(), std::min_element(ring.begin(), ring.end()), ring.end());
      if (ring.size() > kFunctions) ring.resize(kFunctions);
      return joined(ring, "<");
    }
  }
  return innermost(frames, false);
}

// A sample of a living process: the innermost functions are chance, the outermost are what it does.
std::string outermost(const std::vector<Frame>& frames) {
  std::vector<std::string> names;
  std::vector<std::string> own = own_functions(frames);
  std::reverse(own.begin(), own.end());
  for (const std::string& name : own) {
    if (name == "main" || holds(names, name)) continue;
    if (names.size() == kFunctions) break;
    names.push_back(name);
  }
  std::reverse(names.begin(), names.end());
  return joined(names, "<");
}

std::optional<uint64_t> program_counter(const Fault& fault) {
  for (const Register& each : fault.registers) {
    if (each.name == "rip" || each.name == "pc") return each.value;
  }
  if (fault.frames.empty()) return std::nullopt;
  return fault.frames.front().address;
}

std::string address_class(const Fault& fault) {
  if (fault.stack_overflow) return "stack-overflow";
  if (!fault.address) return "not-given";
  const uint64_t address = *fault.address;
  // The processor was to run what lies there, not to read or write it.
  const std::string how = program_counter(fault) == address ? "jump-to-" : "";
  if (address == 0) return how + "null";
  if (address < kNearBytes) return how + "near-null";
  if (address >= UINT64_MAX - kNearBytes + 1) return how + "near-minus-one";
  if (fault.mapping.find("[stack") != std::string::npos) return how + "stack";
  return how + (fault.mapping.empty() ? "wild" : "mapped");
}

// Of "xsnap-worker: xsAll.c:123: fxFoo: Assertion `x != NULL' failed." the condition; the place is
// in the frames, and moves with every edit of the file.
std::string abort_reason(std::string_view message) {
  constexpr std::string_view kBegin = "Assertion `";
  const size_t at = message.find(kBegin);
  const size_t end = message.rfind("' failed");
  if (at != std::string_view::npos && end != std::string_view::npos && end >= at + kBegin.size()) {
    const size_t from = at + kBegin.size();
    return "assert(" + printable(message.substr(from, end - from), kSteadyBytesMax) + ")";
  }
  return "\"" + steady_words(message) + "\"";
}

bool is_outside(const Fault& fault) { return fault.sender && !fault.sent_by_itself; }

// What kind of fault it was, beyond its signal; empty where the signal says it all.
std::string reason_of(const CrashReport& report) {
  const Fault& fault = report.cause();
  if (is_outside(fault)) return "sent";
  if (fault.signal == SIGSEGV || fault.signal == SIGBUS) return address_class(fault);
  // Of an abort, or of whatever else the C library ends a process with.
  if (!report.abort_message.empty()) return abort_reason(report.abort_message);
  if (fault.signal == SIGFPE && fault.code == FPE_INTDIV) return "integer-division";
  return "";
}

// A name of the engine's own choice, as one word.
std::string one_word(std::string_view name) {
  std::string word = printable(name, kFileBytesMax);
  std::replace(word.begin(), word.end(), ' ', '_');
  return word.empty() ? "no-file" : word;
}

std::string death_signature(const ProgramDeath& death) {
  return one_word(death.name) + " \"" + steady_words(death.message) + "\" " + one_word(death.how) +
         " " + one_word(death.file);
}

// A busy one is what people mean by the word alone.
std::string_view pace_word(HangPace pace) {
  switch (pace) {
    case HangPace::kIdle: return ", idle";
    case HangPace::kGrowing: return ", growing";
    case HangPace::kBusy:
    case HangPace::kUnknown: break;
  }
  return "";
}

std::string report_signature(const CrashReport& report, HangPace pace) {
  const Fault& fault = report.cause();
  const std::string thread = fault.main_thread ? "" : " in a thread:";
  if (report.occasion == CrashOccasion::kHang) {
    const std::string where = outermost(fault.frames);
    return "hang" + std::string(pace_word(pace)) + thread +
           (where.empty() ? ", no frames" : " in " + where);
  }
  const std::string reason = reason_of(report);
  std::string line = signal_name(fault.signal) + (reason.empty() ? "" : " " + reason) + thread;
  if (reason == "sent") return line;  // where it stood then is chance
  std::string where;
  if (fault.stack_overflow) {
    where = recursion(fault.frames);
  } else {
    where = innermost(fault.frames, fault.signal != SIGABRT);
  }
  return line + (where.empty() ? " no-frames" : " " + where);
}

// The words before the functions, with what is one fault in two builds put into one word: of a
// null pointer to a structure, builds read another member first.
std::string kind_of(std::string_view signature) {
  std::string kind(signature.substr(0, signature.rfind(' ')));
  const size_t near = kind.find("near-null");
  if (near != std::string::npos) kind.replace(near, 9, "null");
  return kind;
}

std::vector<std::string_view> functions_of(std::string_view signature) {
  std::vector<std::string_view> names;
  std::string_view rest = signature.substr(signature.rfind(' ') + 1);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('<'), rest.size());
    names.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

}  // namespace

bool sent_from_outside(const ProcessEnd& end) {
  // The number decides only where nobody saw who sent it: a program may end itself by SIGTERM.
  const bool seen = end.report && end.report->occasion == CrashOccasion::kDeath;
  if (seen && end.report->cause().sender) return is_outside(end.report->cause());
  return end.sent || is_outside_signal(end.signal);
}

std::string crash_signature(const ProcessEnd& end) {
  if (end.report) return report_signature(*end.report, end.pace);
  if (end.signal != 0) return signal_name(end.signal) + (end.sent ? " sent" : "");
  const std::string status = "exit " + std::to_string(end.exit_status);
  if (end.death) return status + " " + death_signature(*end.death);
  if (!end.last_line.empty()) return status + " \"" + end.last_line + "\"";
  return end.meaning.empty() ? status : status + " " + steady_words(end.meaning);
}

bool tells_status_only(std::string_view signature, int exit_status, std::string_view meaning) {
  ProcessEnd bare;
  bare.exit_status = exit_status;
  bare.meaning = meaning;
  return signature == crash_signature(bare);
}

std::string garbled_signature(std::string_view what) {
  // What it wrote instead stands in quotes and may hold anything.
  std::string words(what.substr(0, what.find('\'')));
  while (!words.empty() && words.back() == ' ') words.pop_back();
  return "broke the protocol: " + steady_words(words);
}

bool alike_across_builds(std::string_view a, std::string_view b) {
  if (a == b) return true;
  // An exit has words, of which no build is told to leave any out.
  if (a.starts_with("exit ") || b.starts_with("exit ")) return false;
  if (a.empty() || b.empty() || kind_of(a) != kind_of(b)) return false;
  const auto of_b = functions_of(b);
  const auto of_a = functions_of(a);
  return std::any_of(of_a.begin(), of_a.end(), [&](std::string_view name) {
    // Nearly every backtrace ends in these; they prove nothing.
    if (name == "main" || name == "libc" || name == "no-frames") return false;
    return std::find(of_b.begin(), of_b.end(), name) != of_b.end();
  });
}

}  // namespace recrank
