#include "replay/difference/difference.h"

#include "replay/difference/decimal_delta.h"
#include "replay/difference/json_difference.h"

namespace recrank {

std::optional<Difference> find_difference(std::string_view expected, std::string_view got,
                                          const InnerJson& inner) {
  if (expected == got) return std::nullopt;
  Difference found;
  if (auto in_json = find_json_difference(expected, got, inner)) {
    found = std::move(*in_json);
  } else {
    found.delta = decimal_delta(expected, got);
  }
  found.whole = windows_around_difference(expected, got, kWindowBytes);
  if (found.path.empty()) found.shown = found.whole;
  return found;
}

}  // namespace recrank
