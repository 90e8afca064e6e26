#include "replay/judge/side_by_side.h"

#include <algorithm>

namespace recrank {
namespace {

Windows head_of(std::string_view call, bool is_recorded) {
  // Against nothing: of a call that stands alone the beginning is shown.
  return is_recorded ? windows_around_difference(call, {}, kCallRowBytes)
                     : windows_around_difference({}, call, kCallRowBytes);
}

}  // namespace

std::vector<CallRow> side_by_side(size_t before, std::span<const std::string_view> made,
                                  std::span<const std::string_view> recorded,
                                  const CallAlignment& found) {
  std::vector<CallRow> rows;
  size_t equal_from = 0;  // the first recorded call that no row tells of
  size_t i = 0;           // of the made calls likewise
  const auto add_equal = [&](size_t begin, size_t end) {
    if (end > begin) rows.push_back({CallRowKind::kEqual, begin, end - begin, {}});
  };
  size_t left_out = 0;
  for (const CallEdit& edit : found.edits) {
    const size_t place = before + edit.recorded;
    if (rows.size() >= kCallRowsMax) {
      ++left_out;
      continue;
    }
    add_equal(equal_from, place);
    switch (edit.kind) {
      case CallEditKind::kWrong:
        rows.push_back(
            {CallRowKind::kWrong, place, 1,
             windows_around_difference(recorded[edit.recorded], made[edit.made], kCallRowBytes)});
        break;
      case CallEditKind::kExtra:
        rows.push_back({CallRowKind::kExtra, place, 1, head_of(made[edit.made], false)});
        break;
      case CallEditKind::kMissing:
        rows.push_back({CallRowKind::kMissing, place, 1, head_of(recorded[edit.recorded], true)});
        break;
    }
    equal_from = place + (edit.kind == CallEditKind::kExtra ? 0 : 1);
    i = edit.made + (edit.kind == CallEditKind::kMissing ? 0 : 1);
  }
  if (left_out > 0) {
    rows.push_back({CallRowKind::kMore, equal_from, left_out, {}});
    return rows;
  }
  add_equal(equal_from, equal_from + (made.size() - std::min(i, made.size())));
  const size_t used = found.recorded_used;
  if (used < recorded.size()) {
    rows.push_back({CallRowKind::kNotSeen, before + used, recorded.size() - used, {}});
  }
  return rows;
}

}  // namespace recrank
