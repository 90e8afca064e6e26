// Writes the first events of a journal as a journal of their own.
// Format: docs/formats/journal.md
#pragma once

#include <cstdint>
#include <filesystem>

#include "snapshot/recording.h"

namespace recrank {

// Whether the events of such a recording can be written so.
[[nodiscard]] constexpr bool is_journal_of_events(RecordingKind kind) {
  return kind == RecordingKind::kJournal || kind == RecordingKind::kAppJournal;
}

// Writes the events before `end_step` of `recording`, each with its line's bytes. The
// header is that of the journal, byte for byte; a bare one gets a header and its events are put behind
// "event", since a single bare event would not be recognised. Of a server's journal of spans, each turn
// becomes one line with its calls, as far as they are known: ids and times are masked in it. `to` appears whole or not at all.
// Memory: the largest line. Throws what the recording throws, kIo for the machine.
void write_journal(const Recording& recording, uint64_t end_step, const std::filesystem::path& to);

}  // namespace recrank
