#include "replay/triage/end_words.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

#include "base/text.h"
#include "replay/crash/signal_words.h"

namespace recrank {
namespace {

constexpr size_t kUnitBytesMax = 120;
constexpr size_t kLineBytesMax = 2000;  // a shell's word stands near the beginning of its line
constexpr int kTimeoutStatus = 124;
constexpr int kSignalsMax = 64;

// A number from 0 to 255 that is a whole word at the beginning of `text`.
std::optional<int> status_at(std::string_view text) {
  int status = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), status);
  if (read.ec != std::errc() || status < 0 || status > 255) return std::nullopt;
  const char* const end = text.data() + text.size();
  const bool whole =
      read.ptr == end || std::string_view(" /.,;:)\r").find(*read.ptr) != std::string_view::npos;
  return whole ? std::optional(status) : std::nullopt;
}

EndWords of_status(int status) {
  EndWords end;
  end.exit_status = status;
  if (status == kTimeoutStatus) end.timed_out = true;
  if (status > 128 && status <= 128 + kSignalsMax) {
    end.signal = status - 128;
    end.exit_status = 0;
  }
  return end;
}

// "dispatch.service" of "dispatch.service: Main process exited"; one word.
std::string unit_before(std::string_view text, size_t at) {
  if (at < 2) return "";
  const std::string_view unit = text.substr(0, at - 2);  // ": "
  if (unit.find(' ') != std::string_view::npos) return "";
  return printable(unit, kUnitBytesMax);
}

std::optional<EndWords> of_service(std::string_view text) {
  constexpr std::string_view kBegin = "Main process exited, code=";
  const size_t at = text.find(kBegin);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + kBegin.size());
  const std::string_view code = rest.substr(0, rest.find(','));
  constexpr std::string_view kStatus = ", status=";
  const size_t status_begin = rest.find(kStatus);
  if (status_begin == std::string_view::npos) return std::nullopt;
  const auto status = status_at(rest.substr(status_begin + kStatus.size()));
  if (!status) return std::nullopt;
  EndWords end;
  if (code == "exited") {
    end = of_status(*status);
  } else if ((code == "killed" || code == "dumped") && *status > 0 && *status <= kSignalsMax) {
    end.signal = *status;
    end.core = code == "dumped";
  } else {
    return std::nullopt;
  }
  end.unit = unit_before(text, at);
  return end;
}

// The number that ends before `end`.
uint64_t number_before(std::string_view text, size_t end) {
  size_t begin = end;
  while (begin > 0 && is_digit(text[begin - 1])) --begin;
  return parse_uint(text.substr(begin, end - begin)).value_or(0);
}

struct Named {
  std::string_view words;
  int signal;
};
// What strsignal(3) gives in the C locale; only those that shells tell of aloud and nobody sends.
constexpr std::array kNamed{Named{"Illegal instruction", SIGILL},
                            Named{"Segmentation fault", SIGSEGV},
                            Named{"Aborted", SIGABRT},
                            Named{"Bus error", SIGBUS},
                            Named{"Trace/breakpoint trap", SIGTRAP},
                            Named{"Floating point exception", SIGFPE},
                            Named{"Killed", SIGKILL}};

// "Aborted (core dumped)" alone, or behind "bash: line 1: 123 " with the command after it.
std::optional<EndWords> of_shell(std::string_view text) {
  text = text.substr(0, kLineBytesMax);
  const bool shell =
      text.find("sh: ") != std::string_view::npos || text.find(": line ") != std::string_view::npos;
  for (const Named& named : kNamed) {
    const size_t at = text.find(named.words);
    if (at == std::string_view::npos) continue;
    const std::string_view behind = text.substr(at + named.words.size());
    const bool core = behind.find("(core dumped)") != std::string_view::npos;
    const bool alone = at == 0 && (behind.empty() || behind == " (core dumped)");
    // Between the shell and the word stands the number of the process.
    const bool told =
        shell && at > 2 && text[at - 1] == ' ' && text[at - 2] >= '0' && text[at - 2] <= '9';
    if (!alone && !told) continue;
    EndWords end;
    end.signal = named.signal;
    end.core = core;
    if (told) end.pid = number_before(text, at - 1);
    return end;
  }
  return std::nullopt;
}

std::optional<EndWords> of_wrapper(std::string_view text) {
  constexpr std::array<std::string_view, 4> kAlone{"exit=", "exit status ", "exit code ",
                                                   "Exit status: "};
  for (const std::string_view begin : kAlone) {
    if (!text.starts_with(begin)) continue;
    const auto status = status_at(text.substr(begin.size()));
    if (status) return of_status(*status);
  }
  constexpr std::array<std::string_view, 2> kWithin{"\" exited with code ", " errno "};
  for (const std::string_view words : kWithin) {
    const bool begins = text.starts_with("error: script \"") || text.starts_with("npm ");
    const size_t at = text.find(words);
    if (!begins || at == std::string_view::npos) continue;
    const auto status = status_at(text.substr(at + words.size()));
    if (status) return of_status(*status);
  }
  return std::nullopt;
}

// "dispatch-1 exited with code 132", "dispatch-1 exited with code 1 (restarting)".
std::optional<EndWords> of_container(std::string_view text) {
  constexpr std::string_view kWords = " exited with code ";
  const size_t at = text.find(kWords);
  if (at == std::string_view::npos || at == 0 || at > kUnitBytesMax) return std::nullopt;
  const std::string_view name = text.substr(0, at);
  if (name.find_first_of(" \"") != std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(at + kWords.size());
  const std::string_view behind = rest.substr(std::min(rest.find(' '), rest.size()));
  if (!behind.empty() && behind != " (restarting)") return std::nullopt;
  const auto status = status_at(rest);
  if (!status) return std::nullopt;
  EndWords end = of_status(*status);
  end.unit = printable(name, kUnitBytesMax);
  return end;
}

// "… terminated by signal SIGILL (Illegal instruction)", as `bun run` says it.
std::optional<EndWords> of_bun_run(std::string_view text) {
  constexpr std::string_view kWords = "\" was terminated by signal SIG";
  const size_t at = text.find(kWords);
  if (!text.starts_with("error: script \"") || at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + kWords.size());
  const std::string_view name = rest.substr(0, rest.find(' '));
  for (int signal = 1; signal <= kSignalsMax; ++signal) {
    const char* const known = ::sigabbrev_np(signal);
    if (known == nullptr || name != known) continue;
    EndWords end;
    end.signal = signal;
    return end;
  }
  return std::nullopt;
}

std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
  const size_t at = text.find(begin);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + begin.size());
  const size_t stop = text.find(end);
  return stop == std::string_view::npos ? std::string_view() : text.substr(0, stop);
}

}  // namespace

std::optional<EndWords> parse_end_words(std::string_view text) {
  struct Parser {
    std::optional<EndWords> (*parse)(std::string_view);
    EndTeller teller;
  };
  constexpr std::array kParsers{
      Parser{of_service, EndTeller::kService}, Parser{of_wrapper, EndTeller::kWrapper},
      Parser{of_bun_run, EndTeller::kBunRun}, Parser{of_shell, EndTeller::kShell},
      Parser{of_container, EndTeller::kContainer}};
  for (const auto& [parse, teller] : kParsers) {
    auto end = parse(text);
    if (!end) continue;
    end->teller = teller;
    return end;
  }
  return std::nullopt;
}

std::optional<UnitWords> parse_unit_words(std::string_view text) {
  using Kind = UnitWords::Kind;
  UnitWords words;
  constexpr std::string_view kFailed = "Failed with result '";
  constexpr std::string_view kConsumed = "Consumed ";
  if (const size_t at = text.find(kFailed); at != std::string_view::npos) {
    words = {Kind::kFailed, unit_before(text, at),
             printable(between(text, kFailed, "'"), kUnitBytesMax), ""};
    return words;
  }
  if (const size_t at = text.find(kConsumed);
      at != std::string_view::npos && text.find(" CPU") != std::string_view::npos) {
    std::string_view peak = between(text, ", ", " memory peak");
    if (const size_t comma = peak.rfind(", "); comma != std::string_view::npos)
      peak.remove_prefix(comma + 2);
    return UnitWords{Kind::kConsumed, unit_before(text, at), "", printable(peak, kUnitBytesMax)};
  }
  if (const size_t at = text.find("Deactivated successfully"); at != std::string_view::npos) {
    return UnitWords{Kind::kStopped, unit_before(text, at), "", ""};
  }
  constexpr std::array kBegins{std::pair{std::string_view("Started "), Kind::kStarted},
                               std::pair{std::string_view("Stopping "), Kind::kStopping},
                               std::pair{std::string_view("Stopped "), Kind::kStopped}};
  for (const auto& [begin, kind] : kBegins) {
    if (!text.starts_with(begin)) continue;
    std::string_view unit = text.substr(begin.size());
    unit = unit.substr(0, unit.find(' '));  // "dispatch.service - Dispatch…"
    while (unit.ends_with('.')) unit.remove_suffix(1);
    return UnitWords{kind, printable(unit, kUnitBytesMax), "", ""};
  }
  return std::nullopt;
}

std::string to_words(const EndWords& end) {
  if (end.timed_out) return "ended by timeout";
  if (end.signal == 0) return "exit " + std::to_string(end.exit_status);
  return signal_name(end.signal) + (end.core ? " (core dumped)" : "");
}

}  // namespace recrank
