// The last line that a program wrote, without what differs between runs of one failure.
#pragma once

#include <string>
#include <string_view>

namespace recrank {

// Of a program that ended itself and of whose runtime no form is known: its last line that is not
// indented, as the frames below a message are, printable and short. Every word with a digit in it
// is "#", and so is a run of such words (a date, an address, an id, a measure); a path is its base
// name. Empty: it wrote nothing. Pure.
[[nodiscard]] std::string steady_last_line(std::string_view words);

}  // namespace recrank
