// What the options of the table put into a request, where that takes more than a line; and back,
// for variations that no user gave.
#pragma once

#include <string>

#include "harness/request/option_values.h"
#include "replay/judge/replay.h"

namespace recrank {

void read_meter_limit(const OptionText& given, ReplayRequest& request);
void read_cpu_limit(const OptionText& given, ReplayRequest& request);
void read_compare(const OptionText& given, ReplayRequest& request);
void read_clock(const OptionText& given, ReplayRequest& request);
void read_capture(const OptionText& given, ReplayRequest& request);
void read_parser_buffer(const OptionText& given, ReplayRequest& request);

// Text that must be JSON, as it stands.
[[nodiscard]] std::string read_json(const OptionText& given);
// The bundle in the file that it names.
[[nodiscard]] std::string read_bundle(const OptionText& given);
// "12,40" or "every:50".
[[nodiscard]] StepSchedule read_schedule(const OptionText& given);

// "syscalls,result".
[[nodiscard]] std::string compare_words(const CompareOptions& compare);
// The options that give `perturbation`: " --parser-buffer 4096 --reload-after every:50". Empty for
// none; else it begins with a blank.
[[nodiscard]] std::string option_words(const Perturbation& perturbation);

}  // namespace recrank
