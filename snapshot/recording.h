// The seam between evidence and everything above it: what a recording of any format can answer.
//
// A reader (kerneldb_lmdb.h, swingstore_sqlite.h, …) implements Recording for one format of
// evidence; open_recording() recognises the format from the content. Nothing above this seam knows
// how a step is stored.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "snapshot/claim.h"
#include "snapshot/recorded_end.h"
#include "snapshot/setup.h"
#include "snapshot/step.h"

namespace recrank {

enum class SubjectState { kAlive, kTerminated };

// The end of a range that nobody can tell.
inline constexpr uint64_t kNoEnd = UINT64_MAX;

// Steps of a subject's history that the recording knows of and does not hold.
struct MissingSteps {
  StepRange steps;  // end == kNoEnd: nobody can tell how many they are
  std::string why;  // "pruned"; of damage what is wrong at its place
  // Nobody prunes such steps, they were lost: what is damaged, as Damage says it. Empty: no damage.
  std::string damaged_place = {};

  [[nodiscard]] bool lost() const { return !damaged_place.empty(); }
};

// A vat, a program or a node, and what the recording holds of it.
struct Subject {
  std::string id;       // "v1"
  std::string name;     // "alice"; may be empty
  std::string manager;  // "xsnap", "xs-worker", "local"
  SubjectState state = SubjectState::kAlive;
  std::string not_replayable;   // why no step of it can be replayed; empty when some can
  std::vector<StepRange> held;  // the steps whose text is there: sorted, disjoint, not touching
  std::vector<MissingSteps> missing;  // what is known not to be there; sorted by begin
  uint64_t incarnations = 1;
  // The numbers this format gives to the same step differ by this much from the kernel's own
  // delivery numbers: an .sst counts from 1, the database from 0. compare lines both up by it.
  uint64_t number_offset = 0;
  // Steps before this one are counted from where the recording begins, not from the subject's
  // first: by their numbers nobody can tell which steps of another recording they are.
  uint64_t unnumbered_before = 0;
  std::string kind = "vat";  // "program", "node"

  [[nodiscard]] uint64_t held_count() const;
  [[nodiscard]] bool holds(StepRange range) const;
  // The first lost steps that touch the range; null: none do.
  [[nodiscard]] const MissingSteps* lost_in(StepRange range) const;
};

enum class CheckpointKind {
  kGenesis,
  kHeapSnapshot,
  kTables,  // the state of a node, packed by its recording into one file that its engine unpacks
  kOwn,     // a state that the engine finds by itself, such as a cache that it was given
};

// A place where a replay can begin.
struct Checkpoint {
  CheckpointKind kind = CheckpointKind::kGenesis;
  uint64_t next_step = 0;  // the first step that runs after it
  uint64_t incarnation = 0;
  std::string sha256;       // of the raw heap or the packed tables; empty where there are none
  uint64_t size_bytes = 0;  // of the same; 0 where unknown
  bool available = true;    // false: the recording knows of it, but its bytes were pruned
  // Why a replay begins here only when `from` asks for it: a torn directory that is whole one
  // window earlier. One sentence with the remedy; empty: it may.
  std::string only_when_asked = {};

  [[nodiscard]] std::string label()
      const;  // "genesis", "genesis@3034", "snapshot@204", "tables@11", "own@64"
};

// Whether open_snapshot() gives something to start from.
[[nodiscard]] inline bool has_bytes(CheckpointKind kind) {
  return kind == CheckpointKind::kHeapSnapshot || kind == CheckpointKind::kTables;
}

// One thing found wrong with the evidence.
struct Damage {
  std::string place;       // "kernel/swingstore.sqlite: v6 span 204..406"
  std::string what;        // "hash chain ends in 12ab…, recorded 34cd…"
  std::string subject_id;  // empty: concerns all
};

// What verify() looked at. `checked` counts stored hashes that were computed anew.
struct HashReport {
  uint64_t spans = 0;
  uint64_t snapshots = 0;
  uint64_t bundles = 0;
  std::vector<Damage> damage;  // in the order of the recording
  // What of the scope no hash vouches for, or none that was computed, a line each: a change in it
  // would not have been seen. "signatures: they are not verified".
  std::vector<std::string> uncovered = {};
};

struct RecordingInfo {
  std::string kind;  // the name of its format: "slog"
  // How the recorded host spoke to what it ran: "xsnap-2024", "process", "montana". Steps can only
  // be sent to an engine that speaks the same dialect (replay/dialect.h).
  std::string dialect;
  std::string path;      // as the user gave it
  std::string evidence;  // the file inside an archive or a directory; empty when path is the file
  // Facts of the whole for inspect, in a fixed order: {"crankNumber","2269"}.
  std::vector<std::pair<std::string, std::string>> facts;
  // Trouble met while opening that does not prevent reading: torn lines, skipped bytes, deliveries
  // that were executed twice. Each names its place.
  std::vector<std::string> notes;
  // False: verify() reads the steps, and has no hash to hold them against.
  bool stores_hashes = true;
  // What stands before the first step, as it stands, in formats that have such: a journal's header.
  std::string preamble = {};
};

// Heap snapshots are by far the largest part of a recording, and open_snapshot() checks each one
// that is used: they can be checked apart from the rest, side by side with other work.
enum class VerifyParts { kAll, kAllButHeaps, kHeaps };

// Which part verify() is to look at.
struct VerifyScope {
  std::string subject_id;          // empty: everything
  std::optional<StepRange> range;  // only spans and snapshots that the range touches
  VerifyParts parts = VerifyParts::kAll;
};

// Whether a heap snapshot must be what its hash says before an engine may start from it.
enum class SnapshotTrust {
  kHash,   // it must
  kBytes,  // the bytes are taken as they are, as far as they can be unpacked
};

// Thread rule: all methods are const and may be called from several threads at once; each stream
// and descriptor that they return belongs to one. A Recording outlives its streams.
// Errors: kInvalidData with file and place for damage, kIo for the machine; never a crash, whatever
// the bytes are. An unknown subject_id is kUsage.
// Memory: bounded by the largest step and the number of spans, not by the length. A log has no
// spans: its reader may keep a few bytes for each step.
class Recording {
 public:
  virtual ~Recording() = default;

  [[nodiscard]] virtual const RecordingInfo& info() const = 0;
  // Sorted by number (v2 before v10). Terminated ones too, as far as the recording knows them.
  [[nodiscard]] virtual const std::vector<Subject>& subjects() const = 0;
  // Sorted by next_step.
  [[nodiscard]] virtual std::vector<Checkpoint> checkpoints(
      const std::string& subject_id) const = 0;
  // The steps of `range`, all of which must be held. Gaps are kInvalidData.
  [[nodiscard]] virtual std::unique_ptr<StepStream> steps(const std::string& subject_id,
                                                          StepRange range) const = 0;
  // What a fresh engine is told for the incarnation that `step` belongs to; empty: nothing.
  [[nodiscard]] virtual Setup setup(const std::string& subject_id, uint64_t step) const = 0;
  // The raw heap or the packed tables of an available checkpoint that has any (has_bytes()) as a
  // readable file at offset 0, checked against its sha256 on the way (kInvalidData when it differs)
  // unless told to trust the bytes.
  [[nodiscard]] virtual UniqueFd open_snapshot(const std::string& subject_id,
                                               const Checkpoint& checkpoint,
                                               SnapshotTrust trust) const = 0;
  // Computes every stored hash of the scope anew. Damage is a value, not an Error.
  [[nodiscard]] virtual HashReport verify(const VerifyScope& scope) const = 0;
  // How its subjects died or failed: at most one of each, sorted by vat_id_less: its end, else its
  // last failure. Null: its format tells of none.
  [[nodiscard]] virtual const std::vector<RecordedEnd>* ends() const { return nullptr; }
  // What the whole machine calls the thing that a subject calls `own`, when the recording ends: of
  // a vat's "o+0" the kernel's "ko20". Empty: it has no name there, or the format holds none.
  [[nodiscard]] virtual std::string machine_name(const std::string& /*subject_id*/,
                                                 std::string_view /*own*/) const {
    return {};
  }
  // What its replay is expected to find; null: it claims nothing.
  [[nodiscard]] virtual const Claim* claim() const { return nullptr; }
};

// The subject of that id or (unambiguous) name; kUsage that lists what there is otherwise.
[[nodiscard]] const Subject& find_subject(const Recording& recording, std::string_view id_or_name);

// "v2" sorts before "v10".
[[nodiscard]] bool vat_id_less(std::string_view a, std::string_view b);

}  // namespace recrank
