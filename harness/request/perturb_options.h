// --parser-buffer, --write-heap-after and --reload-after: from words to a Perturbation and back.
#pragma once

#include <string>
#include <string_view>

#include "harness/console/arguments.h"
#include "replay/perturbation.h"

namespace recrank {

void add_perturb_options(ArgumentSpec& spec);

// kUsage for what they cannot mean.
[[nodiscard]] Perturbation perturbation_from(const Arguments& arguments);

// "12,40" or "every:50"; `option` is named in the error.
[[nodiscard]] StepSchedule parse_schedule(std::string_view option, std::string_view text);

// The options that give `perturbation`: " --parser-buffer 4096 --reload-after every:50". Empty for
// none; else it begins with a blank.
[[nodiscard]] std::string option_words(const Perturbation& perturbation);

}  // namespace recrank
