// What a replay found: plain values, no formatting.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "replay/difference/call_rows.h"
#include "replay/difference/difference.h"
#include "replay/engine.h"

namespace recrank {

enum class VerdictKind { kClean, kDiverged, kCrashed, kLimit, kUnjudged, kInterrupted };
[[nodiscard]] std::string_view to_string(VerdictKind kind);

// Which recorded fact was not met. The names are those of reports and of --help.
enum class Field {
  kSyscallWrong,    // "syscall wrong": another call at this place
  kSyscallExtra,    // "syscall extra": a call that the recording lacks
  kSyscallMissing,  // "syscall missing": a recorded call that was not made
  kResult,          // "result"
  kComputrons,      // "computrons"
  kSnapshotHash,    // "snapshot-hash"
  kEnd,             // "end": the recording says that the step failed, and it did not, or otherwise
  kFact,            // a NamedFact: the divergence holds its name
};
// kFact: "fact".
[[nodiscard]] std::string_view to_string(Field field);

struct Divergence {
  uint64_t step = 0;
  Field field = Field::kResult;
  std::optional<uint64_t> index;  // of the call within the step, from 0
  std::string expected = {};
  std::string got = {};
  std::string fact = {};  // kFact: its name, "state_root"
  // Where the two first differ, found before they were cut. nullopt: they are not two of one kind,
  // as of a call that is missing, or nobody looked.
  std::optional<Difference> difference = {};
  std::vector<CallRow> calls = {};  // of the first call that differs: the step's calls around it
};

// What reports and --help call it: to_string(field), or the name of the fact.
[[nodiscard]] std::string_view field_name(const Divergence& divergence);

// How often each kind of fact was held against the recording.
struct ComparedCounts {
  uint64_t steps = 0;
  uint64_t syscalls = 0;
  uint64_t results = 0;
  uint64_t computrons = 0;
  uint64_t snapshots = 0;
  uint64_t ends = 0;   // recorded failures that were met again
  uint64_t facts = 0;  // NamedFacts

  [[nodiscard]] uint64_t total() const {
    return syscalls + results + computrons + snapshots + ends + facts;
  }
  ComparedCounts& operator+=(const ComparedCounts& other);
};

struct CompareOptions {
  bool syscalls = true;
  bool result = true;
  bool computrons = true;
  bool snapshots = true;
  bool facts = true;
};

// The engine lived through a step inside which the recording ends: what it did behind the recorded
// calls is not recorded.
struct LivedOn {
  uint64_t step = 0;
  uint64_t calls = 0;           // that it made behind the recorded ones
  std::string first_call = {};  // the first of them
};

struct Verdict {
  VerdictKind kind = VerdictKind::kUnjudged;
  std::optional<uint64_t> step;         // where it ended, for all but clean
  bool as_recorded = false;             // the recording holds this same failure
  std::vector<Divergence> divergences;  // kDiverged; one unless told to continue; bounded
  uint64_t divergence_count = 0;        // all that were met, listed or not
  ProcessEnd end;                       // kCrashed; kUnjudged where a signal from outside ended it
  std::optional<StepLimit> limit;       // kLimit
  std::optional<LivedOn> lived_on;      // whatever the kind
  std::string reason;                   // kUnjudged: why, with file and place
  std::string detail;                   // one more line for people; may be empty
  // kCrashed, and kLimit where a hang was looked at: equal for two runs of one crash, different for
  // two crashes. Rules: docs/crash-signatures.md. Empty: none.
  std::string signature;

  // kCrashed: the engine wrote what is not the protocol, and was killed for it: it has no end of
  // its own.
  [[nodiscard]] bool broke_protocol() const {
    return end.signal == 0 && end.meaning == kBrokeProtocol;
  }
  static constexpr std::string_view kBrokeProtocol = "broke the protocol";
};

struct ReplayCost {
  double wall_s = 0;
  double engine_cpu_s = 0;
  double harness_cpu_s = 0;
  uint64_t peak_rss_bytes = 0;  // of the engine
  double evidence_cpu_s = 0;    // of recrank, for the stored hashes that were computed before it
};

}  // namespace recrank
