// Words that stand for a seed.
// Form: BIP 39: 12, 15, 18, 21 or 24 words of a list of 2048, with a checksum.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace recrank {

// Where the first one begins: English words on one line or several, numbered or not. Its checksum
// is verified, which one of 16 rows of twelve such words passes by chance. A long row of such words
// is a list of words.
[[nodiscard]] std::optional<size_t> find_mnemonic(std::string_view text);

}  // namespace recrank
