// Places in a source, as reports show them.
#pragma once

#include <string>

#include "base/json_fwd.h"
#include "harness/source/source_view.h"

namespace recrank {

[[nodiscard]] Json place_json(const SourcePlace& place);
// Whole lines, indented; `what` is the first.
[[nodiscard]] std::string place_text(const std::string& what, const SourcePlace& place);

}  // namespace recrank
