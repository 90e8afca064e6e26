// How a program was spoken to, by the names that journals, engines and reports have for it.
#pragma once

#include <string_view>

namespace recrank::program {

inline constexpr std::string_view kProcessDialect = "process";  // lines in, lines out
inline constexpr std::string_view kHttpDialect = "http";        // its requests are its calls

}  // namespace recrank::program
