// Which settings (environment variables, lines of a configuration) must not be told.
#pragma once

#include <string_view>

namespace recrank {

// By the name ("API_KEY", "auth-token", "NODE_SEED") or by a value with a password in an address
// ("postgres://u:pw@host"). Errs on the side of caution; a number of TOKENS is none.
[[nodiscard]] bool is_secret_setting(std::string_view name, std::string_view value);

}  // namespace recrank
