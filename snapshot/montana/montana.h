// Reads a Montana node's data directory: its tables, its clock, and the windows that it archived.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::montana {

// How recordings, engines and reports call it.
inline constexpr std::string_view kMontanaDialect = "montana";

// The fact in RecordingInfo that says how many hashes the clock takes in each window.
inline constexpr const char* kClockHashesFact = "D";

// A window is a step; the envelope's bytes are the delivery, the fields of its header the facts.
// The tables are held against the recorded headers while opening (montana_state.h): where all three
// are of one window, they are a checkpoint behind it, with a reservation when the rest of the
// directory is of another. Tables that are of no window, or none at all, are told as the reason why
// nothing can be replayed: that is no failure.
//
// `path` is the directory; `shown_path` is what messages call it. Envelopes are read one at a time.
// Throws kIo where the machine refuses.
[[nodiscard]] std::unique_ptr<Recording> open_montana(const std::filesystem::path& path,
                                                      const std::string& shown_path);

extern const Format kMontanaFormat;

}  // namespace recrank::montana
