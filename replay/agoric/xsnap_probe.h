// Finds out what an engine is before anything is replayed on it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/interrupt.h"
#include "replay/agoric/xsnap_engine.h"

namespace recrank::agoric {

struct ProbeOptions {
  std::string name;     // what to call it; empty: after its directory
  std::string dialect;  // empty: found out on the wire
  // Of a processor for each of two questions, and so long on a clock before it is asked again.
  double deadline_s = 10;
};

// `path` as find_engine_files() takes it. Runs the worker twice: for its version and for a few
// words on the wire that the dialects answer differently; once more, with more patience, where it
// brought nothing in time and was not at work. kWorker, with one line that says what it
// did instead and what to do, for anything that is not an xsnap worker; kUsage for an unknown
// dialect in the options.
[[nodiscard]] XsnapProgram probe_engine(const std::filesystem::path& path,
                                        const ProbeOptions& options, const Interrupt& interrupt);

// A bundle of the user's in the place of the one that came with the engine, or for one that did
// not.
void lay_bundle_over(const std::filesystem::path& file, std::string_view name,
                     XsnapProgram& program);

}  // namespace recrank::agoric
