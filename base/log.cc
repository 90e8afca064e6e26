#include "base/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr std::array<std::string_view, 6> kLevelNames{"off",  "error", "warn",
                                                      "info", "debug", "trace"};
constexpr std::string_view kAllModules = "all";

std::chrono::steady_clock::time_point start_of_log() {
  static const auto start = std::chrono::steady_clock::now();
  return start;
}

LogLevels& log_levels() {
  static LogLevels levels;
  return levels;
}

std::atomic<int> log_descriptor{STDERR_FILENO};

template <typename Names>
std::string listed(const Names& names) {
  std::string text;
  for (const std::string_view name : names) text += " " + std::string(name);
  return text;
}

LogLevel level_named(std::string_view name) {
  const auto* const found = std::find(kLevelNames.begin(), kLevelNames.end(), name);
  if (found == kLevelNames.end()) {
    throw Error(ErrorCode::kUsage, "there is no log level '" + printable(name, 60) +
                                       "'; there are:" + listed(kLevelNames));
  }
  return static_cast<LogLevel>(found - kLevelNames.begin());
}

bool is_level(std::string_view name) {
  return std::find(kLevelNames.begin(), kLevelNames.end(), name) != kLevelNames.end();
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '=';
  });
}

}  // namespace

std::atomic<int> log_detail::loudest{0};

LogLevels parse_log_levels(std::string_view text, std::span<const std::string_view> modules) {
  LogLevels levels;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const size_t colon = part.find(':');
    if (colon == std::string_view::npos && is_level(part)) {
      levels[std::string(kAllModules)] = level_named(part);
      continue;
    }
    const std::string_view module = part.substr(0, colon);
    if (module != kAllModules &&
        std::find(modules.begin(), modules.end(), module) == modules.end()) {
      throw Error(ErrorCode::kUsage, "there is no log module '" + printable(module, 60) +
                                         "'; there are: all" + listed(modules));
    }
    if (colon == std::string_view::npos) {
      throw Error(ErrorCode::kUsage, "--log takes MODULE:LEVEL, such as " + std::string(module) +
                                         ":debug; levels are:" + listed(kLevelNames));
    }
    levels[std::string(module)] = level_named(part.substr(colon + 1));
  }
  return levels;
}

void set_log_levels(LogLevels levels) {
  start_of_log();
  int loudest = 0;
  for (const auto& [module, level] : levels) loudest = std::max(loudest, static_cast<int>(level));
  log_levels() = std::move(levels);
  log_detail::loudest.store(loudest, std::memory_order_release);
}

void set_log_descriptor(int fd) { log_descriptor = fd; }

bool log_detail::wanted(LogLevel level, std::string_view module) {
  const LogLevels& levels = log_levels();
  auto found = levels.find(module);
  if (found == levels.end()) found = levels.find(kAllModules);
  return found != levels.end() && level <= found->second;
}

std::string LogField::quoted(std::string_view text) {
  const bool whole = text.size() <= kLogTextBytesMax;
  if (whole && is_plain(text)) return std::string(text);
  std::string escaped;
  for (const char c : text.substr(0, kLogTextBytesMax)) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  const std::string shown = "\"" + printable(escaped, std::string::npos) + "\"";
  return whole ? shown : shown + "…(" + std::to_string(text.size()) + " bytes)";
}

void log_detail::write_event(LogLevel level, std::string_view module, std::string_view event,
                             std::initializer_list<LogField> fields) {
  const auto since = std::chrono::steady_clock::now() - start_of_log();
  const double ms = std::chrono::duration<double, std::milli>(since).count();
  std::array<char, 32> number;
  std::snprintf(number.data(), number.size(), "%8.1f ", ms);
  std::string line = number.data();
  line += kLevelNames[static_cast<size_t>(level)];
  line += " " + std::string(module) + " " + std::string(event);
  for (const LogField& field : fields) line += " " + std::string(field.key) + "=" + field.value;
  line += '\n';
  // One write for one line, so that those of several threads do not mix. Nobody can be told of a
  // log that cannot be written.
  [[maybe_unused]] const ssize_t put = ::write(log_descriptor, line.data(), line.size());
}

}  // namespace recrank
