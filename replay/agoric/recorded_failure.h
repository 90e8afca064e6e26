// What the text of a recorded failure means: the sentences of the kernel.
#pragma once

#include <string>
#include <string_view>

#include "replay/recorded_failure.h"

namespace recrank::agoric {

// Any text is something: what is none of the kernel's own sentences is an error of the vat.
[[nodiscard]] RecordedFailure parse_recorded_failure(std::string_view text);

}  // namespace recrank::agoric
