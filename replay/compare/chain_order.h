// Which of several vats' differences came first in the history of the whole machine.
//
// A vat's steps are numbered on their own. What orders the steps of all vats is the crank in which
// the kernel did each, and the block of that. Logs hold both; databases hold neither, so a log
// beside one can be asked where its steps stand.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/interrupt.h"
#include "replay/compare/compare_recordings.h"
#include "snapshot/recording.h"

namespace recrank {

struct ChainOrder {
  // The subject (an index of CompareResult::subjects) whose difference stands earliest. nullopt:
  // none differs, or several do and nothing says where.
  std::optional<size_t> earliest;
  size_t unplaced = 0;  // differences besides it whose place is not known
  // What both sides did alike before it, or in all where nothing differs.
  HistoryExtent agreed;
  size_t agreed_vats = 0;
  size_t unknown_vats = 0;  // equal for a while, but nothing says up to which crank
};

// Fills in the places that the differences of `result` lack, from the recordings of `placing`: A,
// B and the logs beside them, asked in this order. Reads what is needed of one of them
// anew, up to the difference, so that what comes later in the history is not counted as agreed.
// Damage there leaves a place unknown. One thread.
[[nodiscard]] ChainOrder order_by_chain(CompareResult& result,
                                        const std::vector<const Recording*>& placing,
                                        const Interrupt& interrupt);

}  // namespace recrank
