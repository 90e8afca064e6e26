// What a file must not leave the machine with: whoever gets it could act as its owner. Begin here.
// The rules, for people: docs/evidence.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "snapshot/secrets/secret_names.h"

namespace recrank {

// As much of a file as is looked into.
inline constexpr size_t kSecretHeadBytes = size_t{1} << 20;

// Never the secret itself.
struct SecretFound {
  std::string rule;   // "gitleaks/aws-access-token", "recrank/stellar-seed", "setting"
  std::string why;    // for people
  uint64_t line = 0;  // 0: a binary file
};

// Looks into the beginning of a file for known forms of keys, and unless it is a log or a recording
// for settings that are secret. `name` is the file's without its directory.
[[nodiscard]] std::optional<SecretFound> secret_by_content(std::string_view name,
                                                           std::string_view head, bool recording);

}  // namespace recrank
