// What one reading pass over an .sst file leaves behind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/transcript_entry_2021.h"
#include "snapshot/io/line_reader.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

// How the lines behind the first one spell a step.
enum class SstShape {
  kSyscalls,  // {"transcriptNum":1,"d":…,"syscalls":[{"d":…,"response":…}]}
  kItems,  // {"transcriptNum":1,"d":…,"sc":[{"s":…,"r":…}],"r":{…}}: a swing-store's items
};

struct SstFile {
  int fd = -1;
  std::string name;
  uint64_t size = 0;
};

// The first line: {"type":"create-vat",…}. The bundle stays in the file.
struct SstVat {
  LinePlace place;
  std::string id;
  std::string name;
  bool dynamic = false;
  bool has_bundle = false;
  std::string bundle_id;  // "b1-…" where only the name of the bundle is there
  std::optional<std::string> parameters;
  // Of the two members the type stands first: so did the extractors from databases always, and
  // those from logs since 2023.
  bool type_first = false;
};

struct SstSnapshot {
  uint64_t next_step = 0;
  std::string sha256;
};

struct SstIndex {
  // A mark for every so many lines.
  static constexpr uint64_t kMarkEvery = 64;
  struct Mark {
    uint64_t number = 0;
    LinePlace place;
  };

  std::string_view dialect = kXsnap2021;
  SstShape shape = SstShape::kSyscalls;
  ResponseForm responses = ResponseForm::kBareValue;
  SstVat vat;
  std::vector<Mark> marks;
  std::vector<StepRange> held;
  std::vector<SstSnapshot> snapshots;
  // The last step, when the file may end inside it: it is of a log, or may be. A log is written
  // while things happen, so it holds the delivery that killed its worker; a database does not.
  std::optional<uint64_t> open_end;
  bool upgraded = false;  // the file shows that this is not the vat's first incarnation
  uint64_t lines = 0;
  std::vector<std::string> notes;
};

// What a line is, by its head.
struct SstLine {
  enum class Kind { kStep, kOther, kDamaged } kind = Kind::kDamaged;
  uint64_t number = 0;    // of a step; of kOther the step before it
  std::string_view type;  // of kOther: "create-vat", "heap-snapshot-save"
};
[[nodiscard]] SstLine read_sst_line(const Line& line);

// Reads the whole file. Throws as open_sst() does.
[[nodiscard]] SstIndex index_sst(const SstFile& file);

}  // namespace recrank::agoric
