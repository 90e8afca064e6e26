// Writes the first events of a program's history as a journal of their own.
// Format: docs/formats/journal.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "snapshot/recording.h"

namespace recrank::program {

// Whether a journal has a place for all that a replay of `recording` from `start` rests on: lines
// in, lines out, and requests over HTTP, from the first event on.
[[nodiscard]] bool journal_can_hold(const Recording& recording, const Checkpoint& start);

// Writes the events before `end_step`, which a journal can hold. Of a journal with a header each
// line and the header are kept byte for byte; all else gets a header, with events behind "event"
// and what is expected of them behind "answer" and "calls" (a single bare event would not be
// recognised). Of a server's journal of spans each turn becomes one line, its calls as far as they
// are known, with ids and times masked. The subject of a journal is kProgramSubject. `to` appears
// whole or not at all. Memory: the largest line. Throws what the recording throws, kIo for the
// machine.
void write_journal(const Recording& recording, const std::string& subject_id, uint64_t end_step,
                   const std::filesystem::path& to);

}  // namespace recrank::program
