// What a terminal takes for colours and titles, out of text that programs wrote.
#pragma once

#include <string>
#include <string_view>

namespace recrank {

// Without "ESC [31m", "ESC ]0;title BEL" and their like, also where ESC is spelt "#033" as rsyslog
// does. `text` itself if there are none, else a slice of `store`. A sequence that does not end goes
// to the end of the text; a title that does not end loses its beginning only. Pure.
[[nodiscard]] std::string_view without_escapes(std::string_view text, std::string& store);

}  // namespace recrank
