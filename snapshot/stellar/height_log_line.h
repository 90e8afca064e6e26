// One line of a Stellar node's own log (henyey), as text or as JSON.
// Format: docs/formats/height-log.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {

enum class HeightLineKind {
  kOther,
  kClosed,   // a ledger was closed: `seq` and `facts` are there
  kStart,    // the node's first line after a start
  kTrouble,  // a mismatch, a fatal state, an abort: `words` say it. Builds from May 2026 on tell of
             // a ledger that they did not close what they computed: `seq` and `facts`
};

struct HeightLine {
  HeightLineKind kind = HeightLineKind::kOther;
  uint64_t seq = 0;
  LedgerFacts facts;
  std::string node_name;  // kStart, where it is told
  std::string network;    // likewise: its passphrase
  std::string words;      // kTrouble: the message without time and place in the program
};

// A line that says that a ledger was closed, but not which or with which hash, is kInvalidData.
// Whatever else cannot be read is kOther: programs write what they like between their log lines.
[[nodiscard]] HeightLine read_height_line(std::string_view line);

// Whether the line is one that only this program writes.
[[nodiscard]] bool is_height_log_line(std::string_view line);

}  // namespace recrank::stellar
