// The words of a slog on why a vat ended.
#pragma once

#include <string>
#include <string_view>

namespace recrank::agoric {

// The text of an error or of a last message in a kernel's spelling of it: `info` of "terminate",
// {"body":"#{\"#error\":\"its time is over\",…}","slots":[]} -> its time is over. Both eras. What
// is none of that is given as it stands. Printable, a few hundred bytes at most.
[[nodiscard]] std::string words_of_capdata(std::string_view capdata);

// The same of one value out of a body: "Goodbye", {"@qclass":"error",…,"message":…}, {"#error":…}.
[[nodiscard]] std::string words_of_value(std::string_view value);

// The cause out of a whole record "terminate".
[[nodiscard]] std::string words_of_termination(std::string_view record);

// The text of `dr` where it begins with "error"; empty where it does not or cannot be read.
[[nodiscard]] std::string failure_of(std::string_view deliver_result);

}  // namespace recrank::agoric
