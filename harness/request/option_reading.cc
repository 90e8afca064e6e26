#include "harness/request/option_reading.h"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "harness/engines/engine_registry.h"

namespace recrank {
namespace {

// The engine takes this number times 1024 as an int, and allocates that much.
constexpr uint64_t kParserBufferMaxKb = 1'000'000;
constexpr size_t kStepsMax = 10'000;
constexpr std::string_view kEvery = "every:";
constexpr std::string_view kScheduleWanted = "steps such as 12,40 or every:50";

struct Fact {
  std::string_view word;
  bool CompareOptions::*wanted;
};
constexpr std::array kFacts{
    Fact{"syscalls", &CompareOptions::syscalls}, Fact{"result", &CompareOptions::result},
    Fact{"computrons", &CompareOptions::computrons}, Fact{"snapshots", &CompareOptions::snapshots},
    Fact{"facts", &CompareOptions::facts}};

uint64_t step_of(const OptionText& given, std::string_view word) {
  const std::optional<uint64_t> number = parse_uint(word);
  if (!number) given.refuse(kScheduleWanted);
  return *number;
}

std::string text_of(const StepSchedule& schedule) {
  if (schedule.every != 0) return std::string(kEvery) + std::to_string(schedule.every);
  std::string text;
  for (const uint64_t step : schedule.steps) {
    if (!text.empty()) text += ',';
    text += std::to_string(step);
  }
  return text;
}

}  // namespace

void read_meter_limit(const OptionText& given, ReplayRequest& request) {
  request.limits.computrons = given.number();
  if (*request.limits.computrons <= kMeterLimitMax) return;
  throw Error(ErrorCode::kUsage, "--meter-limit is at most " + std::to_string(kMeterLimitMax) +
                                     ": an engine reads it as a signed 32-bit number");
}

void read_cpu_limit(const OptionText& given, ReplayRequest& request) {
  request.limits.cpu_s = std::max<uint64_t>(1, static_cast<uint64_t>(given.seconds()));
}

void read_compare(const OptionText& given, ReplayRequest& request) {
  CompareOptions compare{false, false, false, false, false};
  bool any = false;
  std::istringstream words(given.text);
  for (std::string word; std::getline(words, word, ',');) {
    const auto fact = std::find_if(kFacts.begin(), kFacts.end(),
                                   [&](const Fact& each) { return each.word == word; });
    if (fact == kFacts.end()) {
      OptionText{given.name, word}.refuse("a list of syscalls,result,computrons,snapshots,facts");
    }
    any = compare.*fact->wanted = true;
  }
  if (!any) {
    throw Error(ErrorCode::kUsage,
                "--compare names nothing: a replay that compares nothing proves nothing");
  }
  request.compare = compare;
}

void read_clock(const OptionText& given, ReplayRequest& request) {
  request.options.set(given.name, given.choice({"none", "sample", "all"}));
}

void read_capture(const OptionText& given, ReplayRequest& request) {
  const std::string& mode = given.choice({"shim", "core", "none", "rr"});
  // rr comes after the replay: CaptureSession.
  request.capture.mode = mode == "core"   ? CaptureMode::kCore
                         : mode == "none" ? CaptureMode::kNone
                                          : CaptureMode::kShim;
}

void read_parser_buffer(const OptionText& given, ReplayRequest& request) {
  const uint64_t size_kb = given.number();
  if (size_kb < 1 || size_kb > kParserBufferMaxKb) {
    throw Error(ErrorCode::kUsage, "--parser-buffer takes a number of kB from 1 to " +
                                       std::to_string(kParserBufferMaxKb));
  }
  request.perturbation.options.set(given.name, std::to_string(size_kb));
}

std::string read_json(const OptionText& given) {
  JsonCursor cursor(given.text);
  try {
    cursor.skip_value();
    cursor.expect_end();
  } catch (const Error& error) {
    throw Error(ErrorCode::kUsage, "--" + given.name + ": " + error.what());
  }
  return given.text;
}

std::string read_bundle(const OptionText& given) { return programs().read_setup_text(given.text); }

StepSchedule read_schedule(const OptionText& given) {
  StepSchedule schedule;
  const std::string_view text = given.text;
  if (text.starts_with(kEvery)) {
    schedule.every = step_of(given, text.substr(kEvery.size()));
    if (schedule.every == 0) given.refuse(kScheduleWanted);
    return schedule;
  }
  for (std::string_view rest = text;;) {
    const size_t comma = rest.find(',');
    schedule.steps.push_back(step_of(given, rest.substr(0, comma)));
    if (schedule.steps.size() > kStepsMax) {
      throw Error(ErrorCode::kUsage, "--" + given.name + " takes at most " +
                                         std::to_string(kStepsMax) + " steps, or every:N");
    }
    if (comma == std::string_view::npos) break;
    rest = rest.substr(comma + 1);
  }
  std::sort(schedule.steps.begin(), schedule.steps.end());
  return schedule;
}

std::string compare_words(const CompareOptions& compare) {
  std::string words;
  for (const Fact& fact : kFacts) {
    if (compare.*fact.wanted) words += (words.empty() ? "" : ",") + std::string(fact.word);
  }
  return words;
}

std::string option_words(const Perturbation& perturbation) {
  std::string words;
  for (const NamedText& each : perturbation.options.all()) {
    words += " --" + each.name + " " + each.text;
  }
  if (!perturbation.write_heap_after.empty()) {
    words += " --write-heap-after " + text_of(perturbation.write_heap_after);
  }
  if (!perturbation.reload_after.empty()) {
    words += " --reload-after " + text_of(perturbation.reload_after);
  }
  return words;
}

}  // namespace recrank
