// Lines up the calls that were made with those that are recorded, and names the differences.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace recrank {

// What a report shows in the place of a call that was not made, or is not recorded.
inline constexpr std::string_view kNoCall = "no further call";

enum class CallEditKind { kWrong, kExtra, kMissing };

// One difference. `recorded` is the place in the recorded calls, for an extra call the place before
// which it was made; `made` the place in the made calls, for a missing one where it should be.
struct CallEdit {
  CallEditKind kind = CallEditKind::kWrong;
  size_t recorded = 0;
  size_t made = 0;
};

struct CallAlignment {
  std::vector<CallEdit> edits;  // in order
  size_t recorded_used = 0;     // so many recorded calls are accounted for
};

// kWholeStep: the step is over, so recorded calls that are left are missing. kSoFar: the subject
// was going on, so they are not.
enum class AlignExtent { kWholeStep, kSoFar };

// The first word of a call: vatstoreGet. Empty when the text does not begin like a call.
[[nodiscard]] std::string_view call_verb(std::string_view call);

// As bytes; if they differ, as JSON.
[[nodiscard]] bool same_call(std::string_view a, std::string_view b);
// The same for where many pairs are tried: JSON is parsed only for a likely pair, one of the same
// verb, length and bytes, which is what another order of the keys leaves.
[[nodiscard]] bool likely_same_call(std::string_view a, std::string_view b);

// Of all ways to turn the recorded calls into the made ones, the one with the most equal calls and,
// among those, the fewest edits. Costs made × recorded comparisons, so no more than
// kAlignCallsMax made calls may be given; recorded calls beyond a window are never matched.
[[nodiscard]] CallAlignment align_calls(std::span<const std::string_view> made,
                                        std::span<const std::string_view> recorded,
                                        AlignExtent extent);

inline constexpr size_t kAlignCallsMax = 256;

}  // namespace recrank
