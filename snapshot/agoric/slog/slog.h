// Reads a slog: the log that an Agoric kernel writes of all that its vats do.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// `path` is a plain file of JSON lines; `shown_path` is what messages call it. Reads the file once
// to make an index (docs/formats/slog.md), which stays small whatever its length. Damage does not
// stop that: it is noted in info().notes, and the steps that it hits throw when they are read.
// Throws kIo when the file cannot be read, kInvalidData when no line of it is a slog's.
[[nodiscard]] std::unique_ptr<Recording> open_slog(const std::filesystem::path& path,
                                                   const std::string& shown_path);

extern const Format kSlogFormat;

}  // namespace recrank::agoric
