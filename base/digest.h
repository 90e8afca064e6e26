// SHA-256 of many short texts as bytes: for hash trees and hash chains, where hash.h's hex would be
// turned back at once.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace recrank {

using Digest = std::array<unsigned char, 32>;

// Of all parts in a row.
[[nodiscard]] Digest sha256_digest(std::initializer_list<std::string_view> parts);

// How many of `bytes` have `digest` when `before` stands in front of them, in whole `unit`s and the
// fewest; nullopt: no number has. It looks at all of them, about 0.2 µs each.
[[nodiscard]] std::optional<size_t> sha256_prefix(std::string_view before, std::string_view bytes,
                                                  size_t unit, const Digest& digest);

// `value` hashed `times` times, each time the 32 bytes of the last. About 0.1 µs each.
void sha256_repeat(Digest& value, uint64_t times);

[[nodiscard]] inline std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
// The digest that lies at `at` in bytes that are known to be long enough.
[[nodiscard]] Digest digest_at(std::string_view bytes, size_t at);

}  // namespace recrank
