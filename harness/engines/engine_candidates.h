// Several engines in an order, of which one is to be found: what `bisect` and `run` choose from.
//
// A candidate is opened only when it is asked for, since opening may mean to build it. Two
// candidates with one key are the same program with the same bundles: what was found of one holds
// for both.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/interrupt.h"
#include "harness/engines/engine_registry.h"
#include "replay/engine.h"
#include "snapshot/recording.h"

namespace recrank {

// Which part of an engine differs from one candidate to the next.
struct Dimension {
  enum class Kind {
    kEngine,  // all of it: worker with its bundles, or program with what it is started with
    kWorker,  // the binary; bundles, or a program's arguments, are those of the recording or the
              // base engine
    kPart,    // one of engine_parts(), such as a bundle; the worker is the base engine's
  };
  Kind kind = Kind::kEngine;
  std::string part = {};  // kPart: "supervisor"

  [[nodiscard]] static Dimension engine() { return {}; }
  [[nodiscard]] static Dimension worker() { return {Kind::kWorker}; }
  [[nodiscard]] static Dimension of_part(std::string_view part) {
    return {Kind::kPart, std::string(part)};
  }
  friend bool operator==(const Dimension&, const Dimension&) = default;
};
// "engine", "worker", or a part's name: as --dimension and scenarios spell it.
[[nodiscard]] std::string to_string(const Dimension& dimension);
[[nodiscard]] std::optional<Dimension> parse_dimension(std::string_view word);
[[nodiscard]] std::vector<std::string> dimension_words();

// An engine that is ready, or why there is none.
struct OpenedCandidate {
  std::unique_ptr<Engine> engine;  // null: `missing` says why
  // To be laid over ReplayRequest::user_setup: bundles that take the place of the recorded ones.
  // With one of them a replay must begin with a fresh worker, since a heap holds its own.
  Setup setup;
  std::string key;            // engine_key(); equal: the same engine
  std::string command_words;  // " --engine NAME --supervisor FILE": for reproducers; empty:
  std::string no_command;     // why no command can name it, and what to do instead
  std::string missing;  // one line with the remedy: "no engine is named …: recrank engines add …"
};

// sha256 over all that decides what an engine does: dialect, worker, bundles, arguments, files,
// environment and network, whatever it is called. A bundle in `setup` counts otherwise than the
// engine's own of the same content: that one gives way to what a recording holds.
[[nodiscard]] std::string engine_key(const EngineIdentity& identity, const Setup& setup);

// Thread rule: one thread at a time.
class EngineCandidates {
 public:
  virtual ~EngineCandidates() = default;
  [[nodiscard]] virtual size_t size() const = 0;
  // What the user calls it: "xsnap-0.15.0", "0.10.3-u14.0", a revision with its subject line.
  [[nodiscard]] virtual const std::string& name(size_t index) const = 0;
  // A candidate that cannot be had is `missing`, and so is one whose opening the interrupt ended.
  // kUsage and kIo for what would go wrong with any of them. Slow where it builds.
  [[nodiscard]] virtual OpenedCandidate open(size_t index, const Interrupt& interrupt) = 0;
  // Opening one may put it in the place of another (a build in one directory): be done with it
  // before the next is opened, and open it again before it is run again.
  [[nodiscard]] virtual bool one_at_a_time() const { return false; }
};

// One candidate as a list or a scenario names it.
struct CandidateSpec {
  std::string name;
  std::string engine;  // for EngineRegistry::open(); empty: the default
  // By the names of engine_parts(): the file, or a package that holds it.
  std::vector<std::pair<std::string, std::filesystem::path>> parts;
  [[nodiscard]] std::optional<std::filesystem::path> part(std::string_view name) const;
  std::string needs;  // how to come by it, for people; may be empty
  // The engine whose bundles this worker has for its own, instead of those beside it, or the
  // program whose arguments and environment this one is started with; empty text: the default
  // engine. A recording's bundles still go before.
  std::optional<std::string> bundles_of;
};

// `registry` must outlive it; `dialect` decides the default engine.
[[nodiscard]] std::unique_ptr<EngineCandidates> listed_candidates(const EngineRegistry& registry,
                                                                  std::string_view dialect,
                                                                  std::vector<CandidateSpec> specs);

// What --engines says: names and paths separated by commas, in that order; one directory, whose
// entries are taken in the order of their versions (version_order.h) and called by their file
// names; or @FILE with one name or path per line, "# …" and empty lines left out. Paths are
// relative to the working directory; a directory that all of them lie in is left out of their
// names. Along the dimension of a part an entry is one for ProgramEngines::find_part, and
// `base_engine` (empty: the default) is the worker's.
//
// In a directory hidden entries and node_modules are passed over, and what is plainly no engine:
// text that cannot be executed and is no engine file, or along the dimension of a part what holds
// none. Anything else is a candidate, if only to be told what is wrong with it.
//
// kUsage for fewer than two, more than kCandidatesMax, and a name given twice.
inline constexpr size_t kCandidatesMax = 10'000;
[[nodiscard]] std::vector<CandidateSpec> parse_engine_list(const std::string& text,
                                                           const Dimension& dimension,
                                                           const std::string& base_engine);

// The revisions of `repository` along the first parents of `range` ("GOOD..BAD", both ends
// included, oldest first), called "abc1234 subject". `command` is run by /bin/sh in the repository
// with the full revision as $1 and in $RECRANK_REVISION; the last line of its output is the
// engine's path, relative to the repository. Once per revision, unless another build has since
// changed what lies at that path. Status 125: it cannot be built, which is `missing`, and so is an
// engine that does not run; any other failure ends the search as kUsage with its last words.
// Nothing of the repository is changed by recrank itself.
//
// kUsage for a range that git refuses, whose ends no line of first parents joins, or that holds
// fewer than two revisions or more than kRevisionsMax; kUnsupported where git is missing.
// `registry` must outlive it.
inline constexpr size_t kRevisionsMax = 20'000;
[[nodiscard]] std::unique_ptr<EngineCandidates> revision_candidates(
    const EngineRegistry& registry, const std::filesystem::path& repository,
    const std::string& range, const std::string& command);

}  // namespace recrank
