// A request over HTTP as one call: text that two runs of one program can be compared by.
// Format: docs/formats/journal.md, "Calls"
#pragma once

#include <string>
#include <string_view>

namespace recrank::program {

// {"body":…,"method":"POST","path":"/v1/chat/completions"}: members in the order of their names. A
// body that is JSON is written so as well, in one spelling and with nothing lost: no digit of a
// number, no key that is there twice. What is none is a string, and so is the text of a JSON string
// or null, so that `"a"` is not `a`; an empty body is null. Bytes that are not UTF-8 are
// "body_base64" ("path_base64"). Two requests have one text exactly when they are one but for
// spelling and for what no two runs have in common, which is masked in the path and in every string
// of the body:
//
//   a UUID                                  <uuid>
//   a date with a time (RFC 3339)           <time>
//   a whole number of 13 digits from 1…     "<ms>": milliseconds since 1970, from 2001 on
//
// Pure; the same function is used for what was recorded and for what is sent.
[[nodiscard]] std::string http_call_text(std::string_view method, std::string_view path,
                                         std::string_view body);

// What a program answers an event with over HTTP: {"status":200,"body":…}, the body as JSON as it
// stands, a string for text and for a JSON string; "body_base64" for what is not UTF-8. Nothing is
// masked.
[[nodiscard]] std::string http_answer_text(unsigned status, std::string_view body);

// `text` with those masks.
[[nodiscard]] std::string mask_ids_and_times(std::string_view text);

}  // namespace recrank::program
