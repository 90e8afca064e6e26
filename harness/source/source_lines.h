// A few lines around one line of a source: of a checkout, or of the text that ran.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "harness/source/source_view.h"

namespace recrank {

inline constexpr uint64_t kLinesAround = 2;

// nullopt: the text has no such line.
[[nodiscard]] std::optional<SourceExcerpt> excerpt_of(std::string_view text, uint64_t line);

// The file below `root` whose path is the longest end of `path`; nullopt: there is none. Links are
// not followed out of `root`, and a file of more than 16 MiB is none.
[[nodiscard]] std::optional<SourceExcerpt> excerpt_of_checkout(const std::filesystem::path& root,
                                                               std::string_view path,
                                                               uint64_t line);

}  // namespace recrank
