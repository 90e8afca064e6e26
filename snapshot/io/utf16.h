// Text as node-lmdb's putString stores it: UTF-16LE with a terminating U+0000.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace recrank {

// Puts the UTF-8 of `stored`, without its terminator, into `text`. A lone surrogate becomes its
// three-byte form (WTF-8), so that nothing is lost. False, with `text` unspecified, when the length
// is odd or the terminator is missing.
[[nodiscard]] bool decode_utf16z(std::string_view stored, std::string& text);

// The stored form of `text` (UTF-8 or WTF-8); nullopt when it is neither.
[[nodiscard]] std::optional<std::string> encode_utf16z(std::string_view text);

}  // namespace recrank
