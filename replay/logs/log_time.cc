#include "replay/logs/log_time.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "base/text.h"

namespace recrank {
namespace {

using namespace std::string_view_literals;

constexpr size_t kZoneBytesMax = 6;  // "+05:30", "CEST"

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

template <size_t kNames>
bool begins_with_one_of(std::string_view text, const std::array<std::string_view, kNames>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return text.starts_with(name); });
}

constexpr std::array kMonths{"Jan "sv, "Feb "sv, "Mar "sv, "Apr "sv, "May "sv, "Jun "sv,
                             "Jul "sv, "Aug "sv, "Sep "sv, "Oct "sv, "Nov "sv, "Dec "sv};
constexpr std::array kDays{"Mon "sv, "Tue "sv, "Wed "sv, "Thu "sv, "Fri "sv, "Sat "sv, "Sun "sv};

// Up to the first byte from `at` on that is neither a digit nor one of `others`.
size_t end_of_digits(std::string_view text, size_t at, std::string_view others) {
  while (at < text.size() &&
         (is_digit(text[at]) || others.find(text[at]) != std::string_view::npos)) {
    ++at;
  }
  return at;
}

// "[ 5522.001234]", "[ 5522.001234 <    0.001234 >]".
size_t boot_time_bytes(std::string_view text) {
  size_t at = text.find_first_not_of(' ', 1);
  if (at == std::string_view::npos) return 0;
  const size_t dot = end_of_digits(text, at, "");
  const size_t end = dot < text.size() && text[dot] == '.' ? end_of_digits(text, dot + 1, "") : dot;
  if (dot == at || end <= dot + 1) return 0;
  at = end;
  while (at < text.size() && (is_digit(text[at]) || " <.>"sv.find(text[at]) != text.npos)) ++at;
  return at < text.size() && text[at] == ']' ? at + 1 : 0;
}

// "2026-06-28 00:12:02.001234 UTC" behind the name of a day.
size_t full_time_bytes(std::string_view text) {
  if (!begins_as(text, "0000-00-00 00:00:00")) return 0;
  const size_t end = end_of_digits(text, 19, ".");
  if (end >= text.size() || text[end] != ' ') return 0;
  const size_t zone = text.substr(end + 1, kZoneBytesMax + 1).find(' ');
  if (zone == std::string_view::npos || zone == 0) return 0;
  return end + 1 + zone;
}

}  // namespace

size_t time_bytes(std::string_view text) {
  size_t end = 0;
  if (text.starts_with('[')) {
    end = boot_time_bytes(text);
  } else if (begins_with_one_of(text, kDays)) {
    end = full_time_bytes(text.substr(4));
    if (end > 0) end += 4;
  } else if (begins_with_one_of(text, kMonths) && begins_as(text.substr(4), "_0 00:00:00")) {
    end = end_of_digits(text, 15, ".");
  } else if (begins_as(text, "0000-00-00T00:00:00") || begins_as(text, "0000-00-00 00:00:00")) {
    end = end_of_digits(text, 19, ".,+-:Z");
  } else if (begins_as(text, "0000000000.000000 ")) {
    end = 17;
  }
  return end > 0 && end < text.size() && text[end] == ' ' ? end : 0;
}

std::string utc_of(uint64_t microseconds) {
  constexpr uint64_t kPerSecond = 1'000'000;
  constexpr uint64_t kSecondsMax = 253'402'300'799;  // the last of the year 9999
  const auto seconds = static_cast<std::time_t>(std::min(microseconds / kPerSecond, kSecondsMax));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string thousandths = std::to_string(1000 + microseconds % kPerSecond / 1000);
  return std::string(text.data(), size) + "." + thousandths.substr(1) + "Z";
}

}  // namespace recrank
