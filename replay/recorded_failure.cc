#include "replay/recorded_failure.h"

#include <variant>

#include "replay/verdict_words.h"

namespace recrank {

bool met_again(const RecordedFailure& recorded, const StepOutcome& outcome) {
  const auto* limit = std::get_if<StepLimit>(&outcome);
  const auto* crashed = std::get_if<StepCrashed>(&outcome);
  const auto* done = std::get_if<StepDone>(&outcome);
  switch (recorded.kind) {
    case RecordedFailureKind::kLimit: return limit != nullptr && limit->kind == recorded.limit;
    case RecordedFailureKind::kSignal:
      return crashed != nullptr && crashed->end.signal != 0 &&
             crashed->end.signal == recorded.signal;
    case RecordedFailureKind::kExit:
      return crashed != nullptr && crashed->end.signal == 0 &&
             recorded.exit_status.value_or(crashed->end.exit_status) == crashed->end.exit_status;
    case RecordedFailureKind::kAnswer:
      return done != nullptr && !done->ok && answered_error(done->result) == recorded.text;
  }
  return false;
}

}  // namespace recrank
