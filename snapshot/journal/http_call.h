// A request over HTTP as one call: text that two runs of one program can be compared by.
// Format: docs/formats/journal.md, "Calls"
#pragma once

#include <string>
#include <string_view>

namespace recrank::program {

// {"body":…,"method":"POST","path":"/v1/chat/completions"}: members in the order of their names. A
// body that is JSON is written so as well, what is none as a string, an empty one as null. What no
// two runs have in common is masked, in the path and in every string of the body:
//
//   a UUID                                  <uuid>
//   a date with a time (RFC 3339)           <time>
//   a whole number of 13 digits from 1…     "<ms>": milliseconds since 1970, from 2001 on
//
// Pure; the same function is used for what was recorded and for what is sent.
[[nodiscard]] std::string http_call_text(std::string_view method, std::string_view path,
                                         std::string_view body);

// `text` with those masks.
[[nodiscard]] std::string mask_ids_and_times(std::string_view text);

}  // namespace recrank::program
