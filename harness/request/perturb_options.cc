#include "harness/request/perturb_options.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

// The engine takes this number times 1024 as an int, and allocates that much.
constexpr uint64_t kParserBufferMaxKb = 1'000'000;
constexpr size_t kStepsMax = 10'000;
constexpr std::string_view kEvery = "every:";

[[noreturn]] void refuse(std::string_view option, std::string_view text) {
  throw Error(ErrorCode::kUsage, "--" + std::string(option) +
                                     " takes steps such as 12,40 or every:50, not '" +
                                     printable(text, 60) + "'");
}

uint64_t number_of(std::string_view option, std::string_view word, std::string_view text) {
  const std::optional<uint64_t> number = parse_uint(word);
  if (!number) refuse(option, text);
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

void add_perturb_options(ArgumentSpec& spec) {
  add_value(spec, "parser-buffer", "KB",
            "kB for the buffer of the engine's parser (its -s; default: its own)");
  add_value(spec, "write-heap-after", "STEPS",
            "write the heap after these steps (12,40 or every:50) and throw it away: forces a "
            "collection");
  add_value(spec, "reload-after", "STEPS",
            "go on from a heap written after these steps in another worker");
}

StepSchedule parse_schedule(std::string_view option, std::string_view text) {
  StepSchedule schedule;
  if (text.starts_with(kEvery)) {
    schedule.every = number_of(option, text.substr(kEvery.size()), text);
    if (schedule.every == 0) refuse(option, text);
    return schedule;
  }
  for (std::string_view rest = text;;) {
    const size_t comma = rest.find(',');
    schedule.steps.push_back(number_of(option, rest.substr(0, comma), text));
    if (schedule.steps.size() > kStepsMax) {
      throw Error(ErrorCode::kUsage, "--" + std::string(option) + " takes at most " +
                                         std::to_string(kStepsMax) + " steps, or every:N");
    }
    if (comma == std::string_view::npos) break;
    rest = rest.substr(comma + 1);
  }
  std::sort(schedule.steps.begin(), schedule.steps.end());
  return schedule;
}

Perturbation perturbation_from(const Arguments& arguments) {
  Perturbation perturbation;
  if (const auto size_kb = arguments.number("parser-buffer")) {
    if (*size_kb < 1 || *size_kb > kParserBufferMaxKb) {
      throw Error(ErrorCode::kUsage, "--parser-buffer takes a number of kB from 1 to " +
                                         std::to_string(kParserBufferMaxKb));
    }
    perturbation.options.set("parser-buffer", std::to_string(*size_kb));
  }
  if (const auto text = arguments.text("write-heap-after")) {
    perturbation.write_heap_after = parse_schedule("write-heap-after", *text);
  }
  if (const auto text = arguments.text("reload-after")) {
    perturbation.reload_after = parse_schedule("reload-after", *text);
  }
  return perturbation;
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
