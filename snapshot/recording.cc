#include "snapshot/recording.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/error.h"
#include "base/text.h"

namespace recrank {

uint64_t Subject::held_count() const {
  return std::accumulate(held.begin(), held.end(), uint64_t{0},
                         [](uint64_t sum, StepRange r) { return sum + r.end - r.begin; });
}

bool Subject::holds(StepRange range) const {
  return std::any_of(held.begin(), held.end(), [&](StepRange h) {
    return range.begin >= h.begin && range.end <= h.end && !range.empty();
  });
}

const MissingSteps* Subject::lost_in(StepRange range) const {
  const auto found = std::find_if(missing.begin(), missing.end(), [&](const MissingSteps& each) {
    return each.lost() && each.steps.begin < range.end && range.begin < each.steps.end;
  });
  return found == missing.end() ? nullptr : &*found;
}

std::string Checkpoint::label() const {
  const std::string at = "@" + std::to_string(next_step);
  if (kind == CheckpointKind::kHeapSnapshot) return "snapshot" + at;
  if (kind == CheckpointKind::kTables) return "tables" + at;
  if (kind == CheckpointKind::kOwn) return "own" + at;
  return incarnation == 0 ? "genesis" : "genesis" + at;
}

const Subject& find_subject(const Recording& recording, std::string_view id_or_name) {
  const Subject* named = nullptr;
  std::string known;
  for (const Subject& subject : recording.subjects()) {
    if (subject.id == id_or_name) return subject;
    if (subject.name == id_or_name) {
      if (named != nullptr) {
        throw Error(ErrorCode::kUsage, "two subjects are named '" + printable(id_or_name) +
                                           "': use " + named->id + " or " + subject.id);
      }
      named = &subject;
    }
    known += " " + subject.id + (subject.name.empty() ? "" : "=" + printable(subject.name, 40));
  }
  if (named != nullptr) return *named;
  throw Error(ErrorCode::kUsage, recording.info().path + ": no subject '" + printable(id_or_name) +
                                     "'; it holds:" + (known.empty() ? " none" : known));
}

bool vat_id_less(std::string_view a, std::string_view b) {
  // Ids that are no "v" and a number come last, by their bytes: hostile ids too need one order.
  const auto key = [](std::string_view id) {
    const auto number =
        id.size() > 1 && id.front() == 'v' ? parse_uint(id.substr(1)) : std::nullopt;
    return std::tuple(!number.has_value(), number.value_or(0), id);
  };
  return key(a) < key(b);
}

}  // namespace recrank
