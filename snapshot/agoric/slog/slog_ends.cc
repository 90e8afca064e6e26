// Format: docs/formats/slog.md ("Ends").
//
// Which vats died in the course of a log, by what, and which steps failed without ending their vat.
#include <algorithm>
#include <utility>

#include "snapshot/agoric/slog/slog_end.h"
#include "snapshot/agoric/slog/slog_indexer.h"

namespace recrank::agoric {

void SlogIndexer::failed_step(State& state, const Open& delivery, std::string_view text) {
  RecordedEnd failure;
  failure.ended = false;
  failure.cause = failure_of(text);
  failure.step = delivery.number;
  failure.crank = delivery.crank;
  failure.block = block_;
  state.failure = std::move(failure);
}

// The vat is ended now, in the crank that was seen last.
void SlogIndexer::end_of(State& state, std::string cause) {
  state.vat.state = SubjectState::kTerminated;
  state.terminate_crank = last_crank_.value_or(0);
  RecordedEnd end;
  end.cause = std::move(cause);
  end.crank = last_crank_;
  end.block = block_;
  const bool by_failure = state.failure && state.failure->crank == last_crank_;
  const bool by_itself = state.first_crank && state.last_crank == last_crank_;
  if (by_failure) {
    end.step = state.failure->step;
    if (!state.failure->cause.empty()) end.cause = state.failure->cause;
  } else if (by_itself && state.vat.next() > 0) {
    end.step = state.vat.next() - 1;
  }
  state.end = std::move(end);
}

void SlogIndexer::terminate(const SlogHead& head, std::string_view text) {
  if (head.vat_id.empty()) return;
  State& state = state_of(head.vat_id);
  // Where a device call has told the cause already, the record that follows it only repeats it.
  const bool known = state.end && state.vat.state == SubjectState::kTerminated;
  if (!known) end_of(state, words_of_termination(text));
  state.terminate_crank = last_crank_.value_or(0);
}

void SlogIndexer::list_ends() {
  for (auto& [id, state] : states_) {
    std::optional<RecordedEnd> end = std::move(state.failure);
    if (state.vat.state == SubjectState::kTerminated) {
      end = state.end ? std::move(state.end) : RecordedEnd();
      end->ended = true;
    }
    if (!end) continue;
    end->subject_id = id;
    end->name = state.vat.name;
    index_.ends.push_back(std::move(*end));
  }
  std::sort(index_.ends.begin(), index_.ends.end(), [](const RecordedEnd& a, const RecordedEnd& b) {
    return vat_id_less(a.subject_id, b.subject_id);
  });
}

}  // namespace recrank::agoric
