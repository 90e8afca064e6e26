// Format: docs/formats/slog.md ("Processes and lost cranks").
//
// A kernel that dies before it commits a block executes its cranks again after the restart. The
// number of the first crank of the new process says which ones were lost.
#include <algorithm>

#include "base/fd.h"
#include "snapshot/agoric/slog/slog_indexer.h"

namespace recrank::agoric {

void SlogIndexer::process_starts(LinePlace place) {
  abandon_open("the process ended before", place, false);
  ++process_;
  new_process_ = place;
  asked_.reset();
  block_.reset();
}

// The chain's records around a block all name it: its begin, its runs, its commit.
void SlogIndexer::see_block(const SlogHead& head) {
  if (head.block && head.type_name.starts_with("cosmic-swingset-")) block_ = head.block;
}

void SlogIndexer::note_block(LinePlace place) {
  auto& blocks = index_.blocks;
  const std::optional<uint64_t> known = blocks.empty() ? std::nullopt : blocks.back().height;
  if (known != block_) blocks.push_back({place.offset, block_});
}

// Every process logs a vat once. A second time means that the start of a process was lost.
void SlogIndexer::infer_process_start(const State& state, LinePlace place) {
  if (state.created_process != process_) return;
  process_starts(place);
  note("line " + std::to_string(place.line) + ": " + state.vat.id +
       " is logged again: a process of the kernel began here, but its first records are missing");
}

void SlogIndexer::see_crank(uint64_t crank, LinePlace place) {
  if (new_process_) {
    if (last_crank_ && crank <= *last_crank_) lose_cranks(crank, *new_process_, true);
    new_process_.reset();
  } else if (last_crank_ && crank < *last_crank_) {
    lose_cranks(crank, place, false);
  }
  last_crank_ = crank;
}

void SlogIndexer::lose_cranks(uint64_t from, LinePlace place, bool restarted) {
  note("cranks " + std::to_string(from) + " to " + std::to_string(*last_crank_) +
       " were executed again behind line " + std::to_string(place.line) +
       (restarted ? ": the kernel was started anew without having committed them"
                  : ", with no start of a kernel between") +
       "; the first execution is left out");
  for (auto& [id, state] : states_) {
    if (state.failure && state.failure->crank >= from) state.failure.reset();
    if (state.terminate_crank >= from && state.vat.state == SubjectState::kTerminated) {
      state.vat.state = SubjectState::kAlive;
    }
    if (!state.first_crank || state.last_crank < from) continue;
    if (*state.first_crank >= from) {
      if (!state.vat.held.empty()) {
        state.vat.take_back(state.vat.held.front().begin, place.offset);
      }
      state.first_crank.reset();
      state.created = state.vat.next() > 0 || state.loaded_process == process_;
      state.doubt.reset();
    } else {
      state.doubt = Doubt{from, place.offset, damaged_};
      state.last_crank = from - 1;
    }
  }
}

std::optional<uint64_t> SlogIndexer::crank_at(LinePlace place) const {
  // The head of a delivery's record is far shorter than this.
  std::string text(512, '\0');
  const auto wanted =
      static_cast<size_t>(std::min<uint64_t>(text.size(), file_.size - place.offset));
  text.resize(read_some_at(file_.fd, text.data(), wanted, place.offset, file_.name));
  const auto head = read_slog_head(text);
  return head ? head->crank : std::nullopt;
}

// The vat got no delivery since its last cranks were lost, which would have said where to cut.
void SlogIndexer::settle_doubt(State& state) {
  if (!state.doubt) return;
  const SlogMarks& marks = state.vat.marks();
  if (marks.empty()) return;
  std::vector<SlogPiece> pieces;
  size_t at = marks.group_count() - 1;
  while (at > 0 && crank_at(marks.group_first(at).place).value_or(0) >= state.doubt->crank) --at;
  LineReader reader({.fd = file_.fd, .name = file_.name, .end = state.doubt->before});
  reader.seek(marks.group_first(at).place);
  Line line;
  while (reader.next(line)) {
    split_slog_line(line, pieces);
    for (const SlogPiece& piece : pieces) {
      const auto head = piece.damaged ? std::nullopt : read_slog_head(piece.text);
      if (!head || head->type != SlogType::kDeliver || head->vat_id != state.vat.id) continue;
      if (head->replay || head->crank.value_or(0) < state.doubt->crank) continue;
      const uint64_t offset = line.place.offset + piece.at;
      const uint64_t number = state.vat.number_of(head->delivery.value_or(0), offset);
      if (state.vat.taken_back(number, offset)) continue;
      state.vat.take_back(number, state.doubt->before);
      state.doubt.reset();
      return;
    }
  }
}

// Steps from `number` on are used again. Where a line was damaged since cranks were lost, it may
// have been the first of the new ones, so that more was lost than the number says.
void SlogIndexer::take_back_from(State& state, uint64_t number, LinePlace place) {
  if (state.doubt && damaged_ > state.doubt->damaged) settle_doubt(state);
  if (number < state.vat.next()) state.vat.take_back(number, place.offset);
  state.doubt.reset();
}

// Kernels that count anew load every living vat when they start: one that is not among them had
// been ended, which not every way to end a vat writes into the log.
void SlogIndexer::presume_terminated() {
  if (!counts_anew_ || process_ < 2 || presumed_process_ == process_) return;
  presumed_process_ = process_;
  for (auto& [id, state] : states_) {
    if (state.created && state.loaded_process != process_) {
      state.vat.state = SubjectState::kTerminated;
    }
  }
}

}  // namespace recrank::agoric
