// Secret seeds of Stellar in a text or in any other bytes.
// Form: SEP-23 ("strkey"): base32 of a version byte, 32 bytes and their CRC16.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace recrank {

// Where the first one begins. Its checksum is verified, so that nothing else is taken for one.
[[nodiscard]] std::optional<size_t> find_stellar_seed(std::string_view bytes);

}  // namespace recrank
