// Base64 as RFC 4648 writes it (OpenSSL libcrypto).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace recrank {

// The bytes that `text` stands for; nullopt when it is not whole groups of the standard alphabet.
// White space at either end is passed over.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

// kUnsupported for more than 1 GiB.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

}  // namespace recrank
