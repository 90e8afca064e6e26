// What the name of a file or directory says of secrets in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

struct SecretName {
  std::string rule;
  bool certain = false;  // it is one; else a word in it says so, and a recording may have that too
};

// "identity.bin.old~" is looked at as "identity.bin.old~", "identity.bin.old" and "identity.bin":
// a copy of a key is a key.
[[nodiscard]] std::vector<std::string> names_without_backup_endings(std::string_view name);

// Why a file of that name (without its directory) is left out; nullopt: its name is harmless.
[[nodiscard]] std::optional<SecretName> secret_by_name(std::string_view name);
// The same for a directory: all below it is left out.
[[nodiscard]] std::optional<std::string> secret_directory(std::string_view name);

// A file whose lines are settings; in other texts a setting has to look more like one.
[[nodiscard]] bool is_configuration(std::string_view name);
// Logs, lines of JSON: what a node said.
[[nodiscard]] bool is_log_name(std::string_view name);

}  // namespace recrank
