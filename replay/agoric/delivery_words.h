// What a delivery to a vat asks for, for people.
#pragma once

#include <string>
#include <string_view>

namespace recrank::agoric {

// "message o+0 deposit" of a delivery's JSON; a program's event as it stands. kInvalidData for text
// that is neither.
[[nodiscard]] std::string delivery_words(std::string_view delivery);

}  // namespace recrank::agoric
