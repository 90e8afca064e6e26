#include "replay/agoric/capdata.h"

namespace recrank::agoric {

std::optional<std::string> json_of_string(std::string_view text) {
  if (text.starts_with('#')) return std::string(text.substr(1));
  if (text.starts_with('{') || text.starts_with('[')) return std::string(text);
  return std::nullopt;
}

}  // namespace recrank::agoric
