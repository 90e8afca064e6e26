// What the text of a recorded failure means: the sentences of the kernel, read and written.
#pragma once

#include <string>
#include <string_view>

#include "replay/recorded_failure.h"
#include "replay/verdict.h"

namespace recrank::agoric {

// Any text is something: what is none of the kernel's own sentences is an error of the vat.
[[nodiscard]] RecordedFailure parse_recorded_failure(std::string_view text);

// The sentence with which a kernel would have recorded this end of its worker, such that
// parse_recorded_failure() finds it again. Empty where a kernel has none, or where the end says
// nothing against a recording: limits of ours, a broken protocol.
[[nodiscard]] std::string kernel_sentence(const Verdict& verdict, const std::string& worker_name);

}  // namespace recrank::agoric
