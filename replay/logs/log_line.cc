#include "replay/logs/log_line.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "replay/logs/log_time.h"

namespace recrank {
namespace {

using namespace std::string_view_literals;

constexpr size_t kWordBytesMax = 100;
constexpr size_t kPodBytesMax = 600;  // two names of Kubernetes, of 253 bytes at most each

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The word that `text` begins with, and the blank behind it, are cut off; empty: there is none.
std::string_view take_word(std::string_view& text) {
  const size_t end = text.substr(0, kWordBytesMax).find(' ');
  if (end == std::string_view::npos || end == 0) return {};
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end + 1);
  return word;
}

// A program's own word for how bad it is, where a host's name stands in a collector's line.
bool is_level(std::string_view word) {
  constexpr std::array kLevels{"ERROR"sv, "WARN"sv, "INFO"sv, "DEBUG"sv, "TRACE"sv, "FATAL"sv};
  return std::find(kLevels.begin(), kLevels.end(), word) != kLevels.end();
}

// What a line of a program may begin with itself: no name of one.
bool begins_words(std::string_view word) {
  constexpr std::array kWords{"error"sv, "Error"sv, "panic"sv, "fatal"sv, "FATAL"sv};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

enum class Tag { kWithPid, kAny };

// "name[123]: " or, of the kernel and of the service manager, "name: "; of a syslog of files, which
// drops the number where a program does not give it, any name.
size_t source_bytes(std::string_view text, Tag tag) {
  const size_t end = text.substr(0, kWordBytesMax).find(": ");
  if (end == std::string_view::npos || end == 0) return 0;
  const std::string_view source = text.substr(0, end);
  if (source.find(' ') != std::string_view::npos) return 0;
  if (source == "kernel" || source == "systemd") return end;
  const size_t open = source.find('[');
  if (open == std::string_view::npos) {
    const bool name = source.find(':') == std::string_view::npos && is_letter(source.front());
    return tag == Tag::kAny && name && !begins_words(source) ? end : 0;
  }
  if (open == 0 || !source.ends_with(']')) return 0;
  return all_digits(source.substr(open + 1, source.size() - open - 2)) ? end : 0;
}

// "…+00:00", "…+0000".
bool ends_with_offset(std::string_view time) {
  const size_t sign = time.find_last_of("+-");
  return sign != std::string_view::npos && sign > 10 && time.size() - sign >= 5;
}

// Behind the time: "host name[1]: …", "name[1]: …".
void take_source(LogLine& split, Tag behind_host) {
  std::string_view rest = split.text;
  size_t source = source_bytes(rest, Tag::kWithPid);
  if (source == 0) {
    const std::string_view host = take_word(rest);
    if (host.empty() || is_level(host)) return;
    source = source_bytes(rest, host.ends_with(':') ? Tag::kWithPid : behind_host);
  }
  if (source == 0) return;
  split.source = rest.substr(0, source);
  split.text = rest.substr(source + 2);
}

// "stderr F panic(…", behind the time of a container's runtime.
bool take_cri(LogLine& split) {
  std::string_view rest = split.text;
  const std::string_view stream = take_word(rest);
  const bool named = stream == "stdout" || stream == "stderr";
  if (!named || rest.empty() || (rest[0] != 'F' && rest[0] != 'P')) return false;
  // Further tags may follow behind ':'; the blank before an empty message may be lost.
  const size_t blank = rest.find(' ');
  const std::string_view tags = rest.substr(0, blank);
  if (tags.size() > 1 && tags[1] != ':') return false;
  split.partial = rest[0] == 'P';
  split.stream = stream;
  split.text = blank == std::string_view::npos ? std::string_view() : rest.substr(blank + 1);
  return true;
}

// Behind "<30>1 ": TIME HOST APP PROCID MSGID DATA TEXT, where "-" stands for nothing.
bool take_rfc5424(LogLine& split, std::string_view rest) {
  const std::string_view time = take_word(rest);
  const std::string_view host = take_word(rest);
  const std::string_view app = take_word(rest);
  const std::string_view pid = take_word(rest);
  const std::string_view message_id = take_word(rest);
  if (time.empty() || host.empty() || app.empty() || pid.empty() || message_id.empty())
    return false;
  if (rest.starts_with('-')) {
    rest.remove_prefix(1);
  } else {
    while (rest.starts_with('[')) {  // in quotes a ']' is escaped
      size_t end = 1;
      for (bool quoted = false; end < rest.size() && (quoted || rest[end] != ']'); ++end) {
        if (rest[end] == '\\') {
          ++end;
        } else if (rest[end] == '"') {
          quoted = !quoted;
        }
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  split.time = time == "-" ? std::string_view() : time;
  if (app != "-") {  // "app 931 ": not one slice with its number in brackets
    const bool numbered = pid != "-";
    split.source = numbered ? std::string_view(app.data(), app.size() + 1 + pid.size()) : app;
  }
  split.text = rest;
  return true;
}

// "<30>" of a syslog protocol.
bool take_priority(std::string_view& text) {
  constexpr size_t kDigitsMax = 3;
  const size_t end = text.substr(0, kDigitsMax + 2).find('>');
  if (!text.starts_with('<') || end == std::string_view::npos ||
      !all_digits(text.substr(1, end - 1))) {
    return false;
  }
  text.remove_prefix(end + 1);
  return true;
}

// "[pod/dispatch-0/app] …", "dispatch-1  | …". A line of source that an error quotes looks alike
// but has a number for its name.
void take_container(LogLine& split) {
  if (split.text.starts_with("[pod/")) {
    const size_t end = split.text.substr(0, kPodBytesMax).find("] ");
    if (end == std::string_view::npos) return;
    split.source = split.text.substr(1, end - 1);
    split.text.remove_prefix(end + 2);
    return;
  }
  const auto named = [](char c) {
    return is_letter(c) || is_digit(c) || "._-"sv.find(c) != std::string_view::npos;
  };
  const auto* const name_end = std::find_if_not(split.text.begin(), split.text.end(), named);
  const auto size = static_cast<size_t>(name_end - split.text.begin());
  const std::string_view name = split.text.substr(0, size);
  if (size == 0 || size > kWordBytesMax || std::none_of(name.begin(), name.end(), is_letter))
    return;
  const size_t bar = split.text.find_first_not_of(' ', size);
  if (bar == std::string_view::npos || bar == size || split.text[bar] != '|') return;
  const std::string_view rest = split.text.substr(bar + 1);
  if (!rest.empty() && rest[0] != ' ') return;
  split.source = name;
  split.text = rest.substr(rest.empty() ? 0 : 1);
}

}  // namespace

LogLine split_log_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  LogLine split{{}, {}, line};
  take_container(split);
  const bool contained = !split.source.empty();
  const bool priority = take_priority(split.text);
  if (priority && split.text.starts_with("1 ") && take_rfc5424(split, split.text.substr(2)))
    return split;
  const size_t time = time_bytes(split.text);
  if (time == 0) {
    // A local socket's RFC 3164 has neither time nor host.
    if (priority) {
      if (const size_t source = source_bytes(split.text, Tag::kAny)) {
        split.source = split.text.substr(0, source);
        split.text.remove_prefix(source + 2);
      }
    }
    return split;
  }
  split.time = split.text.substr(0, time);
  // Programs write their own times otherwise: with a 'Z', or without a zone.
  const bool collectors_time = is_letter(split.time.front()) || ends_with_offset(split.time);
  split.text.remove_prefix(time + 1);
  if (contained || take_cri(split)) return split;
  take_source(split, collectors_time || priority ? Tag::kAny : Tag::kWithPid);
  return split;
}

std::string_view program_of(std::string_view source) {
  return source.substr(0, source.find_first_of("[ "));
}

bool is_blob_note(std::string_view text) {
  constexpr std::string_view kEnd = "B blob data]";
  return text.starts_with('[') && text.ends_with(kEnd) && text.size() > kEnd.size() + 1 &&
         is_digit(text[text.size() - kEnd.size() - 1]);
}

}  // namespace recrank
