// Finds a lockdown or supervisor bundle where a user points.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace recrank::agoric {

// `kind` is "lockdown" or "supervisor". `place` is the bundle itself; or a directory: an npm
// package
// (@agoric/xsnap-lockdown and @agoric/swingset-xsnap-supervisor ship dist/KIND.bundle), one with a
// KIND.bundle, or one with exactly one file whose name holds the kind (checksum files aside).
// Else nullopt, and `why` is one line about it.
[[nodiscard]] std::optional<std::filesystem::path> find_bundle(const std::filesystem::path& place,
                                                               std::string_view kind,
                                                               std::string& why);

// The text of a lockdown or supervisor bundle as a worker takes it. kIo and kInvalidData name the
// file.
[[nodiscard]] std::string read_bundle(const std::filesystem::path& file);
// The text of any bundle, among them a vat's, which may be a zip. Errors as above.
[[nodiscard]] std::string read_setup_text(const std::filesystem::path& file);

}  // namespace recrank::agoric
