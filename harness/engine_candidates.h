// Several engines in an order, of which one is to be found: what `bisect` and `run` choose from.
//
// A candidate is opened only when it is asked for, since opening may mean to build it. Two candidates
// with one key are the same program with the same bundles: what was found of one holds for both.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "harness/engine_registry.h"
#include "replay/engine.h"
#include "snapshot/recording.h"

namespace recrank {

// Which part of an engine differs from one candidate to the next.
enum class Dimension {
  kEngine,      // all of it: worker with its bundles, or program with what it is started with
  kWorker,      // the binary; its bundles, or a program's arguments, are those of the base engine
  kLockdown,    // the lockdown bundle; the worker is the base engine's
  kSupervisor,  // the supervisor bundle; the worker is the base engine's
};
// "engine", "worker", "lockdown", "supervisor": as --dimension and scenarios spell it.
[[nodiscard]] std::string_view to_string(Dimension dimension);
[[nodiscard]] std::optional<Dimension> parse_dimension(std::string_view word);

// An engine that is ready, or why there is none.
struct OpenedCandidate {
  std::unique_ptr<Engine> engine;  // null: `missing` says why
  // To be laid over ReplayRequest::user_setup: bundles that take the place of the recorded ones.
  // With one of them a replay must begin with a fresh worker, since a heap holds its own.
  VatSetup setup;
  std::string key;      // sha256 over all that decides what the engine does; equal: the same engine
  std::string command_words;  // "--engine NAME --supervisor FILE": for reproducers
  std::string missing;  // one line with the remedy: "not registered: recrank engines add …"
};

// The key of an engine that is told those bundles in the place of the recorded ones.
[[nodiscard]] std::string candidate_key(const EngineIdentity& engine, const VatSetup& setup);

// Thread rule: one thread at a time.
class EngineCandidates {
 public:
  virtual ~EngineCandidates() = default;
  [[nodiscard]] virtual size_t size() const = 0;
  // What the user calls it: "xsnap-0.15.0", "0.10.3-u14.0", a revision with its subject line.
  [[nodiscard]] virtual const std::string& name(size_t index) const = 0;
  // Never throws for a candidate that cannot be had: that is `missing`. kUsage and kIo for a call
  // that cannot work for any of them. Slow where it builds.
  [[nodiscard]] virtual OpenedCandidate open(size_t index, const Interrupt& interrupt) = 0;
};

// One candidate as a list or a scenario names it.
struct CandidateSpec {
  std::string name;
  std::string engine;                           // for EngineRegistry::open(); empty: the default
  std::optional<std::filesystem::path> worker;  // a binary that takes the place of the engine's
  // Take the place of the recorded ones: a bundle file, or a directory (of an npm package) with one.
  std::optional<std::filesystem::path> lockdown;
  std::optional<std::filesystem::path> supervisor;
  std::string needs;  // how to come by it, for people; may be empty
};

// `registry` and `era` must outlive it; `era` decides the default engine.
[[nodiscard]] std::unique_ptr<EngineCandidates> listed_candidates(const EngineRegistry& registry,
                                                                  Era era,
                                                                  std::vector<CandidateSpec> specs);

// What --engines says: names and paths separated by commas; a directory, whose entries are taken in
// the order of their versions (version_order.h); or @FILE with one per line, "# …" and empty lines
// left out. Along a dimension of parts an entry is a binary, a bundle file, or a directory that holds
// one, and `base_engine` (empty: the default) has the other parts. kUsage for fewer than two, and for
// an entry given twice.
[[nodiscard]] std::vector<CandidateSpec> parse_engine_list(const std::string& text,
                                                           Dimension dimension,
                                                           const std::string& base_engine);

// The revisions of `repository` along the first parents of `range` ("GOOD..BAD", both ends
// included, oldest first). `command` is run by /bin/sh in the repository with the full revision as
// $1 and in $RECRANK_REVISION; its last line of output is the engine's path. Status 125: it cannot
// be built, which is `missing`; any other failure ends the search as kUsage with its last words.
// Nothing of the repository is changed by recrank itself, and an engine must stay where it is until
// the search ends. kUsage for a range that git refuses.
[[nodiscard]] std::unique_ptr<EngineCandidates> revision_candidates(
    const EngineRegistry& registry, const std::filesystem::path& repository,
    const std::string& range, const std::string& command, const Interrupt& interrupt);

}  // namespace recrank
