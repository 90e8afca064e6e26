// Reads a journal: the events that a program was given, one on each line, and perhaps its answers.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::program {

// The id of a journal's one subject.
inline constexpr const char* kProgramSubject = "program";

// `path` is a plain file of JSON lines (docs/formats/journal.md), with or without a header;
// `shown_path` is what messages call it. Reads the file once to count its lines. A damaged line is
// no obstacle to opening: it stands where a step should, and steps() and verify() name it.
// Throws kIo when the file cannot be read, kInvalidData when its header is damaged.
[[nodiscard]] std::unique_ptr<Recording> open_journal(const std::filesystem::path& path,
                                                      const std::string& shown_path);

extern const Format kJournalFormat;

}  // namespace recrank::program
