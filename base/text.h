// Text for people: hostile bytes made harmless, sizes, numbers, aligned columns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

// `bytes` fit for a terminal and for JSON: what is not UTF-8 or cannot be seen (control characters,
// those that turn the direction of the text, of no width, tags, variation selectors, unassigned and
// private ones; by Unicode's categories and its Default_Ignorable_Code_Point) becomes \xNN byte by
// byte; more than `limit_bytes` is cut with "… (N bytes)".
[[nodiscard]] std::string printable(std::string_view bytes, size_t limit_bytes = 2000);
// All of a text of many lines, whose ends stay.
[[nodiscard]] std::string printable_lines(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view bytes);

// "1500MB", "1.5G", "64KiB", "4096": decimal for kB MB GB, binary for K M G KiB MiB GiB.
[[nodiscard]] std::optional<uint64_t> parse_bytes(std::string_view text);
[[nodiscard]] std::string format_bytes(uint64_t bytes);  // "9.6 MiB"
[[nodiscard]] std::string format_count(uint64_t count);  // "13,733"
[[nodiscard]] inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
// "1 call", "12 calls" of "call".
[[nodiscard]] std::string counted(uint64_t count, std::string_view one);
// "0 of 1 call", "4 of 12 calls" of "call".
[[nodiscard]] std::string counted_of(uint64_t some, uint64_t all, std::string_view one);
// "a, b" of "a" and "b".
[[nodiscard]] std::string joined(const std::vector<std::string>& words,
                                 std::string_view between = ", ");
// `value` as printf() has it with `format`, which takes one double: "%.1f s".
[[nodiscard]] std::string formatted(double value, const char* format);
[[nodiscard]] std::optional<uint64_t> parse_uint(std::string_view text);

// Rows of cells as lines with aligned columns, two spaces between. Cells that begin with a digit
// are put flush right. The first row is the head.
[[nodiscard]] std::string format_table(const std::vector<std::vector<std::string>>& rows);

// `word` quoted for a POSIX shell where it needs to be.
[[nodiscard]] std::string shell_quote(std::string_view word);

}  // namespace recrank
