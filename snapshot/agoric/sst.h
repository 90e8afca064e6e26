// Reads an .sst file: the transcript of one vat, as Agoric's extractors write it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// `path` is a plain file of JSON lines (docs/formats/sst.md); `shown_path` is what messages call
// it. Reads the file once to make a sparse index. Throws kIo when it cannot be read, kInvalidData
// when its first line is not an .sst's or when its step numbers go backwards.
[[nodiscard]] std::unique_ptr<Recording> open_sst(const std::filesystem::path& path,
                                                  const std::string& shown_path);

extern const Format kSstFormat;

}  // namespace recrank::agoric
