// What one reading pass over a slog leaves behind: where each vat's steps lie, and which of them
// the kernel took back.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/slog/slog_marks.h"
#include "snapshot/io/line_reader.h"
#include "snapshot/recorded_end.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// A life of a vat between two starts of its program.
struct SlogIncarnation {
  uint64_t first_step = 0;
  std::optional<LinePlace> create;  // its create-vat record; nullopt: not in the log
  std::string bundle_id;            // "b1-99102d…"; empty where the log does not say
};

// A heap snapshot that the kernel saved; only its hash is in the log.
struct SlogSnapshot {
  uint64_t position = 0;
  std::array<char, 64> sha256{};
  uint64_t size_bytes = 0;  // of the heap; 0: the log does not say
};

// One vat. Grows by a mark of some 7 bytes for each delivery, so that a stream reads what is the
// vat's, and not the lines of all others between.
class SlogVat {
 public:
  // Gaps come from damage. A log with more than this is not worth its memory.
  static constexpr size_t kHeldRangesMax = 100'000;

  std::string id;
  std::string name;
  std::string manager;
  SubjectState state = SubjectState::kAlive;
  bool dynamic = false;
  bool metered = false;
  std::string upgrade_bundle_id;          // of the upgrade that was last asked for
  std::optional<LinePlace> options_call;  // 2021: the call that asked for this vat
  std::vector<SlogIncarnation> incarnations;
  std::vector<SlogSnapshot> snapshots;
  std::vector<StepRange> held;
  std::vector<MissingSteps> missing;       // deliveries of which the log has only a part
  uint64_t unnumbered_before = 0;          // as Subject says it
  std::vector<uint64_t> committed_errors;  // failed steps that the kernel kept; ascending

  // The number behind the last step that stands.
  [[nodiscard]] uint64_t next() const { return next_; }
  // The step number of a delivery whose record stands at `offset`.
  [[nodiscard]] uint64_t number_of(uint64_t delivery_num, uint64_t offset) const;
  // True for a step that was taken back later: its number is used again, or its crank was lost.
  [[nodiscard]] bool taken_back(uint64_t number, uint64_t offset) const;
  // Of the deliveries that stand.
  [[nodiscard]] const SlogMarks& marks() const { return marks_; }
  [[nodiscard]] size_t incarnation_of(uint64_t step) const;  // index; 0 when there is none

  // Deliveries from `offset` on are numbered `base` + deliveryNum.
  void set_base(uint64_t offset, uint64_t base);
  // Steps [first, last] were recorded by the delivery at `place`.
  void add(uint64_t first, uint64_t last, LinePlace place);
  void add_snapshot(uint64_t position, std::string_view sha256, uint64_t size_bytes);
  // Steps from `number` on whose records stand before `offset` do not count any more.
  void take_back(uint64_t number, uint64_t offset);

 private:
  struct Cut {
    uint64_t number = 0;
    uint64_t before = 0;
  };
  struct Base {
    uint64_t from = 0;
    uint64_t base = 0;
  };

  void hold(uint64_t first, uint64_t last);

  SlogMarks marks_;
  std::vector<Cut> cuts_;    // ascending in both
  std::vector<Base> bases_;  // ascending in offset
  uint64_t next_ = 0;
};

// From the delivery at `offset` on, until the next of these, the chain was in this block.
struct SlogBlock {
  uint64_t offset = 0;
  std::optional<uint64_t> height;  // nullopt: in none that the log names, as at its beginning
};

// A file that several readers share.
struct SlogFile {
  int fd = -1;
  std::string name;
  uint64_t size = 0;
};

struct SlogIndex {
  std::string_view dialect = kXsnap2021;
  std::vector<SlogVat> vats;      // sorted by vat_id_less
  std::vector<SlogBlock> blocks;  // those in which something was delivered; ascending in offset
  std::map<std::string, LinePlace, std::less<>> bundles;  // id -> a create-vat record that has it
  std::vector<RecordedEnd> ends;
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<std::string> notes;
};

// The block in which the delivery at `offset` was made.
[[nodiscard]] std::optional<uint64_t> block_at(const SlogIndex& index, uint64_t offset);

// Reads the whole file. Throws kIo, and kInvalidData when nothing in it is a slog's record.
[[nodiscard]] SlogIndex index_slog(const SlogFile& file);

}  // namespace recrank::agoric
