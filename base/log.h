// What the program does, event by event, for whoever debugs it:
//
//   recrank replay … --log process:debug,wire:trace
//     12.3 debug process started pid=4711 program=/usr/lib/xsnap-worker
//     13.0 trace wire sent fd=5 bytes=14 text="?[\"deliver\",…"
//
// A line is: milliseconds since the start, level, module, event, then key=value. Lines go to
// standard error, never into a result. A module is a folder ("process" is replay/process), or one
// of the few things that many folders do (harness/cli/log_options.h lists them).
//
//   RECRANK_LOG(kDebug, "process", "ended", {"pid", pid}, {"signal", signal});
//
// What is off costs one load: neither fields nor their texts are made. Log what a debugger would
// ask first, sparsely: not what a report says anyway. Thread rule: any thread, one line at a time;
// set_log_levels() and set_log_descriptor() before there are other threads.
#pragma once

#include <atomic>
#include <concepts>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace recrank {

// The larger, the more is told.
enum class LogLevel : int { kOff, kError, kWarn, kInfo, kDebug, kTrace };

// Of a module; "all" is what holds for those that are not named.
using LogLevels = std::map<std::string, LogLevel, std::less<>>;

// "MODULE:LEVEL[,…]"; a level alone is that of all modules. A module that is not in `modules` or a
// level that there is not is kUsage that lists those that there are.
[[nodiscard]] LogLevels parse_log_levels(std::string_view text,
                                         std::span<const std::string_view> modules);

void set_log_levels(LogLevels levels);
// Where lines go; 2 unless a test says otherwise.
void set_log_descriptor(int fd);

// One key=value. Text that is not a plain word is quoted, and cut after kLogTextBytesMax.
inline constexpr size_t kLogTextBytesMax = 400;
struct LogField {
  LogField(std::string_view name, std::string_view text) : key(name), value(quoted(text)) {}
  LogField(std::string_view name, const char* text) : LogField(name, std::string_view(text)) {}
  LogField(std::string_view name, const std::string& text)
      : LogField(name, std::string_view(text)) {}
  LogField(std::string_view name, const std::filesystem::path& path)
      : LogField(name, path.native()) {}
  LogField(std::string_view name, std::integral auto number)
      : key(name), value(std::to_string(number)) {}

  std::string_view key;
  std::string value;

 private:
  static std::string quoted(std::string_view text);
};

// What RECRANK_LOG is made of.
namespace log_detail {
extern std::atomic<int> loudest;  // of all modules
[[nodiscard]] bool wanted(LogLevel level, std::string_view module);
void write_event(LogLevel level, std::string_view module, std::string_view event,
                 std::initializer_list<LogField> fields);
}  // namespace log_detail

[[nodiscard]] inline bool log_is_on() {
  return log_detail::loudest.load(std::memory_order_relaxed) > 0;
}

[[nodiscard]] inline bool log_wanted(LogLevel level, std::string_view module) {
  return static_cast<int>(level) <= log_detail::loudest.load(std::memory_order_relaxed) &&
         log_detail::wanted(level, module);
}

}  // namespace recrank

#define RECRANK_LOG(level, module, event, ...)                                         \
  (::recrank::log_wanted(::recrank::LogLevel::level, module)                           \
       ? ::recrank::log_detail::write_event(::recrank::LogLevel::level, module, event, \
                                            {__VA_ARGS__})                             \
       : static_cast<void>(0))
