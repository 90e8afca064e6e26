// Settings whose names say that their values are secret.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "snapshot/secrets/settings_reader.h"

namespace recrank {

struct SecretSetting {
  std::string name;
  size_t offset = 0;
};

// The first one in a text. `configuration`: its lines are settings, and nearly any value counts; in
// another text the value has to look like a secret. Public keys, lengths, paths, references
// ("${TOKEN}") and the network's passphrase are none.
[[nodiscard]] std::optional<SecretSetting> find_secret_setting(std::string_view text,
                                                               bool configuration);

}  // namespace recrank
