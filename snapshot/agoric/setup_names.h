// The texts that a vat's worker is told, by their names in a Setup. All are JSON as recorded.
#pragma once

#include <string_view>

namespace recrank::agoric {

inline constexpr std::string_view kLockdown = "lockdown";      // {"moduleFormat":"getExport",…}
inline constexpr std::string_view kSupervisor = "supervisor";  // likewise
inline constexpr std::string_view kVatBundle = "vat-bundle";   // as setBundle carries it
inline constexpr std::string_view kVatParameters = "vat-parameters";  // 2021: {"name":"Alice"}
inline constexpr std::string_view kCacheSize = "cache-size";          // 2021: "null" or a number
inline constexpr std::string_view kEnableDisavow = "enable-disavow";  // "true", "false"
inline constexpr std::string_view kRelaxDurability = "relax-durability-rules";  // 2024 only
// Computrons per delivery; without it the vat is unmetered.
inline constexpr std::string_view kMeterLimit = "meter-limit";

// An option of the worker: kB for the buffer of its parser (-s).
inline constexpr std::string_view kParserBuffer = "parser-buffer";

[[nodiscard]] inline std::string_view json_flag(bool value) { return value ? "true" : "false"; }

}  // namespace recrank::agoric
