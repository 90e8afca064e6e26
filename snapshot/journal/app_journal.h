// Reads a server's journal of spans as a recording of its turns.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::program {

// `path` is an app.ndjson (docs/formats/app-journal.md); `shown_path` is what messages call it. The
// rotated file beside it (".1") is read first, where there is one. One subject, "program"; a step
// is a turn that asked its provider: its event is the user's message, its calls are the requests.
// What was under way at the end is among the facts of info(). Reads the files once. Memory: the
// places of all requests. A torn last line counts for nothing; a damaged one elsewhere is a note,
// and verify() names it. Throws kIo when a file cannot be read.
[[nodiscard]] std::unique_ptr<Recording> open_app_journal(const std::filesystem::path& path,
                                                          const std::string& shown_path);

extern const Format kAppJournalFormat;

}  // namespace recrank::program
