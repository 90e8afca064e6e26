#include "replay/triage/log_line.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace recrank {
namespace {

constexpr size_t kWordBytesMax = 100;

// Whether `text` begins as `form` says: '0' a digit, '_' a digit or a blank, anything else itself.
bool begins_as(std::string_view text, std::string_view form) {
  if (text.size() < form.size()) return false;
  for (size_t i = 0; i < form.size(); ++i) {
    const bool digit = is_digit(text[i]);
    const bool fits = form[i] == '0'   ? digit
                      : form[i] == '_' ? digit || text[i] == ' '
                                       : text[i] == form[i];
    if (!fits) return false;
  }
  return true;
}

bool begins_with_month(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan ", "Feb ", "Mar ", "Apr ",
                                                     "May ", "Jun ", "Jul ", "Aug ",
                                                     "Sep ", "Oct ", "Nov ", "Dec "};
  return std::any_of(kMonths.begin(), kMonths.end(),
                     [&](std::string_view month) { return text.starts_with(month); });
}

// The bytes of the time that `text` begins with, up to its blank; 0: none.
size_t time_bytes(std::string_view text) {
  size_t end = 0;
  if (begins_with_month(text) && begins_as(text.substr(4), "_0 00:00:00")) end = 15;
  if (begins_as(text, "0000-00-00T00:00:00")) end = 19;
  if (end == 0) return 0;
  while (end < text.size() && (is_digit(text[end]) || std::string_view(".+-:Z").find(text[end]) !=
                                                          std::string_view::npos)) {
    ++end;
  }
  return end < text.size() && text[end] == ' ' ? end : 0;
}

// "name[123]: " or, of the kernel and of the service manager, "name: ".
size_t source_bytes(std::string_view text) {
  const size_t end = text.substr(0, kWordBytesMax).find(": ");
  if (end == std::string_view::npos || end == 0) return 0;
  const std::string_view source = text.substr(0, end);
  if (source.find(' ') != std::string_view::npos) return 0;
  if (source == "kernel" || source == "systemd") return end;
  const size_t open = source.find('[');
  if (open == std::string_view::npos || open == 0 || !source.ends_with(']')) return 0;
  const std::string_view pid = source.substr(open + 1, source.size() - open - 2);
  return !pid.empty() && std::all_of(pid.begin(), pid.end(), is_digit) ? end : 0;
}

}  // namespace

LogLine split_log_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  LogLine split{{}, {}, line};
  const size_t time = time_bytes(line);
  if (time == 0) return split;
  split.time = line.substr(0, time);
  split.text = line.substr(time + 1);
  std::string_view rest = split.text;
  size_t source = source_bytes(rest);
  if (source == 0) {  // behind a host's name
    const size_t blank = rest.substr(0, kWordBytesMax).find(' ');
    if (blank == std::string_view::npos) return split;
    rest.remove_prefix(blank + 1);
    source = source_bytes(rest);
  }
  if (source == 0) return split;
  split.source = rest.substr(0, source);
  split.text = rest.substr(source + 2);
  return split;
}

std::string_view program_of(std::string_view source) { return source.substr(0, source.find('[')); }

}  // namespace recrank
