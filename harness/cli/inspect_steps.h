// `inspect --step N` and `--steps N..M`: steps of one vat, one whole or many in a table.
#pragma once

#include "harness/cli/arguments.h"
#include "harness/cli/command.h"
#include "snapshot/recording.h"

namespace recrank {

void add_step_options(ArgumentSpec& spec);
[[nodiscard]] bool asks_for_steps(const Arguments& arguments);
// Adds to text and report. kUsage for a step that is not held or options that do not go together.
void inspect_steps(const Recording& recording, const Subject& subject, const Arguments& arguments,
                   Context& context, CommandResult& result);

// "0..96, 120..130"; "-" for none.
[[nodiscard]] std::string ranges_text(const std::vector<StepRange>& held);
// What of the steps `from` to `to` is held, which may be several pieces; kUsage: none.
[[nodiscard]] std::vector<StepRange> held_between(const Subject& subject, uint64_t from,
                                                  uint64_t to);

}  // namespace recrank
