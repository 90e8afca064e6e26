#include "replay/crash/program_death.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/escape_sequences.h"
#include "base/text.h"
#include "replay/crash/word_lines.h"

namespace recrank {
namespace {

constexpr std::string_view kUncaughtWord = "uncaught";
constexpr size_t kLinesBack = 2000;  // further back than that nothing belongs to the last words
constexpr size_t kClassBytesMax = 120;

std::string base_name(std::string_view path) {
  const size_t slash = path.find_last_of("/\\");
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

// The last line that `fits`; nullopt: none.
template <typename Fits>
std::optional<size_t> last_line(const WordLines& lines, Fits fits) {
  const size_t least = lines.size() - std::min(lines.size(), kLinesBack);
  for (size_t at = lines.size(); at > least; --at) {
    if (fits(lines[at - 1])) return at - 1;
  }
  return std::nullopt;
}

bool is_indented(std::string_view line) { return line.starts_with(' ') || line.starts_with('\t'); }

// "json.decoder.JSONDecodeError", "java.lang.X", "Foo::Bar".
size_t class_name_bytes(std::string_view line) {
  size_t end = 0;
  while (end < line.size() && (std::isalnum(static_cast<unsigned char>(line[end])) != 0 ||
                               line[end] == '_' || line[end] == '.' || line[end] == '$')) {
    ++end;
  }
  const bool named = end > 0 && end <= kClassBytesMax &&
                     std::isdigit(static_cast<unsigned char>(line.front())) == 0;
  return named ? end : 0;
}

// "NAME: MESSAGE" or "NAME".
std::optional<ProgramDeath> named_error(std::string_view line) {
  const size_t end = class_name_bytes(line);
  if (end == 0) return std::nullopt;
  const std::string_view rest = line.substr(end);
  if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
  ProgramDeath death;
  death.name = line.substr(0, end);
  death.message = without_spaces(rest.substr(std::min<size_t>(1, rest.size())));
  death.how = kUncaughtWord;
  return death;
}

// ---- Python ----

// Of `  File "/srv/app.py", line 3, in main` the file; empty: the line is none, or it is Python's
// own.
std::string python_file(std::string_view line) {
  constexpr std::string_view kBegin = "  File \"";
  if (!line.starts_with(kBegin)) return "";
  const std::string_view path =
      line.substr(kBegin.size()).substr(0, line.substr(kBegin.size()).find('"'));
  const bool own = path.starts_with('<') || (path.find("/lib/python") != std::string_view::npos &&
                                             path.find("-packages/") == std::string_view::npos);
  return own ? "" : base_name(path);
}

// The error's line is the first behind the traceback that is not indented. Only what belongs to its
// message may follow it, and such lines cannot be told from others unless they are indented.
std::optional<ProgramDeath> python_death(const WordLines& lines) {
  const auto head = last_line(
      lines, [](std::string_view line) { return line == "Traceback (most recent call last):"; });
  if (!head) return std::nullopt;
  std::string file;
  size_t at = *head + 1;
  for (; at < lines.size() && is_indented(lines[at]); ++at) {
    if (std::string each = python_file(lines[at]); !each.empty()) file = std::move(each);
  }
  if (at >= lines.size()) return std::nullopt;
  const bool last =
      std::all_of(lines.begin() + static_cast<ptrdiff_t>(at) + 1, lines.end(),
                  [](std::string_view line) { return is_indented(line) || line.empty(); });
  std::optional<ProgramDeath> death = last ? named_error(lines[at]) : std::nullopt;
  if (death) death->file = std::move(file);
  return death;
}

// ---- Rust ----

// ", src/main.rs:2:5" or " at src/main.rs:2:5:" without its numbers.
std::string rust_file(std::string_view place) {
  return base_name(without_spaces(place.substr(0, place.find(':'))));
}

// Old: "panicked at 'words', src/main.rs:2:5". New: "panicked at src/main.rs:2:5:", words below.
std::optional<ProgramDeath> rust_death(const WordLines& lines) {
  constexpr std::string_view kMark = " panicked at ";
  const auto head = last_line(lines, [&](std::string_view line) {
    return line.starts_with("thread '") && line.find(kMark) != std::string_view::npos;
  });
  if (!head) return std::nullopt;
  const std::string_view line = lines[*head];
  const std::string_view told = line.substr(line.find(kMark) + kMark.size());
  ProgramDeath death{"panic", "", std::string(kUncaughtWord), ""};
  if (told.starts_with('\'')) {
    const size_t end = told.rfind("', ");
    if (end == std::string_view::npos) {  // words of several lines: the place is behind them
      death.message = told.substr(1);
      return death;
    }
    death.message = told.substr(1, end - 1);
    death.file = rust_file(told.substr(end + 3));
    return death;
  }
  death.file = rust_file(told);
  if (*head + 1 < lines.size()) death.message = without_spaces(lines[*head + 1]);
  return death;
}

// ---- Go ----

// "\t/srv/app/main.go:5 +0x1d"
std::string go_file(std::string_view line) {
  const size_t end = line.find(".go:");
  const bool own = line.find("/src/runtime/") != std::string_view::npos;
  return line.starts_with('\t') && end != std::string_view::npos && !own
             ? base_name(line.substr(1, end + 2))
             : "";
}

std::optional<ProgramDeath> go_death(const WordLines& lines) {
  constexpr std::string_view kPanic = "panic: ";
  constexpr std::string_view kFatal = "fatal error: ";
  const auto head = last_line(lines, [&](std::string_view line) {
    return line.starts_with(kPanic) || line.starts_with(kFatal);
  });
  if (!head) return std::nullopt;
  const bool panic = lines[*head].starts_with(kPanic);
  ProgramDeath death{panic ? "panic" : "fatal-error",
                     std::string(lines[*head].substr((panic ? kPanic : kFatal).size())),
                     std::string(kUncaughtWord), ""};
  bool stack = false;
  for (size_t at = *head + 1; at < lines.size(); ++at) {
    stack = stack || lines[at].starts_with("goroutine ");
    if (stack && death.file.empty()) death.file = go_file(lines[at]);
  }
  return stack ? std::optional(std::move(death)) : std::nullopt;
}

// ---- Java ----

// "\tat app.Main.main(Main.java:9)"; empty: of the runtime's own classes.
std::string java_file(std::string_view line) {
  std::string_view frame = without_spaces(line);
  frame.remove_prefix(3);  // "at "
  if (const size_t loader = frame.find('/'); loader < frame.find('(')) {
    if (frame.starts_with("java.") || frame.starts_with("jdk.")) return "";
    frame = frame.substr(loader + 1);
  }
  for (const std::string_view own : {"java.", "javax.", "jdk.", "sun."}) {
    if (frame.starts_with(own)) return "";
  }
  const size_t open = frame.find('(');
  if (open == std::string_view::npos) return "";
  const std::string_view place = frame.substr(open + 1);
  const size_t end = place.find_first_of(":)");
  return place.substr(0, end).ends_with(".java") ? std::string(place.substr(0, end)) : "";
}

bool is_java_frame(std::string_view line) {
  return line.starts_with("\tat ") || line.starts_with("\t... ");
}

// The last cause is where it came from.
std::optional<ProgramDeath> java_death(const WordLines& lines) {
  constexpr std::string_view kHead = "Exception in thread \"main\" ";
  constexpr std::string_view kCause = "Caused by: ";
  if (!is_java_frame(lines.back())) return std::nullopt;
  const auto head =
      last_line(lines, [&](std::string_view line) { return line.starts_with(kHead); });
  if (!head) return std::nullopt;
  std::optional<ProgramDeath> death = named_error(lines[*head].substr(kHead.size()));
  std::string file;
  std::string outer_file;
  for (size_t at = *head + 1; at < lines.size(); ++at) {
    if (lines[at].starts_with(kCause)) {
      if (auto cause = named_error(lines[at].substr(kCause.size()))) death = std::move(cause);
      outer_file = std::exchange(file, "");
    } else if (file.empty() && lines[at].starts_with("\tat ")) {
      file = java_file(lines[at]);
    }
  }
  // Frames that a cause shares with what wraps it are left out of it.
  if (death) death->file = file.empty() ? outer_file : file;
  return death;
}

// ---- Ruby ----

// "app.rb:2:in `fetch': key not found: :a (KeyError)"
std::optional<ProgramDeath> ruby_head(std::string_view line) {
  const size_t in = line.find(":in ");
  if (in == std::string_view::npos || is_indented(line) || !line.ends_with(')'))
    return std::nullopt;
  const size_t end = line.find("': ", in);
  const size_t open = line.rfind(" (");
  if (end == std::string_view::npos || open == std::string_view::npos || open < end + 2) {
    return std::nullopt;
  }
  const size_t number = line.find_last_of(':', in - 1);
  if (number == std::string_view::npos || number == 0) return std::nullopt;
  ProgramDeath death;
  death.name = line.substr(open + 2, line.size() - open - 3);
  const size_t begin = std::min(end + 3, open);
  death.message = line.substr(begin, open - begin);
  death.how = kUncaughtWord;
  death.file = base_name(line.substr(0, number));
  return death;
}

// Below its head: where it was called from, and what may be meant.
std::optional<ProgramDeath> ruby_death(const WordLines& lines) {
  constexpr size_t kBelowMax = 300;
  const auto head =
      last_line(lines, [](std::string_view line) { return ruby_head(line).has_value(); });
  if (!head || lines.size() - *head > kBelowMax) return std::nullopt;
  const std::string_view last = lines.back();
  const bool ends_so = *head + 1 == lines.size() || last.starts_with("\tfrom ") ||
                       last.starts_with("Did you mean?") || is_indented(last);
  return ends_so ? ruby_head(lines[*head]) : std::nullopt;
}

struct DeathForm {
  int exit_status;  // with which its runtime ends a program so
  std::optional<ProgramDeath> (*read)(const WordLines&);
};
constexpr std::array<DeathForm, 5> kForms{DeathForm{1, python_death}, DeathForm{101, rust_death},
                                          DeathForm{2, go_death}, DeathForm{1, java_death},
                                          DeathForm{1, ruby_death}};

}  // namespace

ProgramDeath program_death(const JsDeath& death) {
  return {death.name, death.message, std::string(to_string(death.raise)), death.file};
}

std::optional<ProgramDeath> parse_program_death(std::string_view words, int exit_status) {
  if (const auto js = parse_js_death(words)) return program_death(*js);
  std::string store;
  const std::string_view plain = without_escapes(words, store);
  const WordLines lines = lines_of_words(plain);
  if (lines.empty()) return std::nullopt;
  for (const DeathForm& form : kForms) {
    if (form.exit_status != exit_status) continue;
    if (auto death = form.read(lines)) return death;
  }
  return std::nullopt;
}

}  // namespace recrank
