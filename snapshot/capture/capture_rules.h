// What `capture` leaves out, because whoever gets the archive could act as the node with it.
// The rules, for people: docs/evidence.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace recrank {

// As much of a file as secret_by_content() looks at.
inline constexpr size_t kSecretHeadBytes = size_t{1} << 20;

// Why a file of that name (without its directory) is left out; nullopt: its name is harmless.
[[nodiscard]] std::optional<std::string> secret_by_name(std::string_view name);
// The same for a directory: all below it is left out.
[[nodiscard]] std::optional<std::string> secret_directory(std::string_view name);
// A key in a file that looks like text, or a configuration with a secret setting, a seed or a
// password. `head` is the beginning of the file.
[[nodiscard]] std::optional<std::string> secret_by_content(std::string_view name,
                                                           std::string_view head);

}  // namespace recrank
