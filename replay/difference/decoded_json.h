// JSON with the JSON that its strings hold in their places, for people to read.
#pragma once

#include <string>
#include <string_view>

#include "replay/difference/difference.h"

namespace recrank {

// One whole value and nothing behind it.
[[nodiscard]] bool is_json(std::string_view text);

// `{"body":"#[1]"}` becomes `{"body":[1]}`, two levels deep; all else stays as it is spelt. Text
// that is not JSON comes back as it is.
[[nodiscard]] std::string decoded_json(std::string_view text, const InnerJson& inner);

}  // namespace recrank
