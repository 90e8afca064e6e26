#include "replay/montana/montana_clock.h"

#include <algorithm>
#include <chrono>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace recrank::montana {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kPieceHashes = 1 << 18;  // some hundredths of a second
constexpr uint64_t kMeasuredHashes = 1 << 18;
constexpr double kUnusualSeconds = 3;  // less need not be told

double measured_seconds_per_hash() {
  Digest value{};
  const auto begin = Clock::now();
  sha256_repeat(value, kMeasuredHashes);
  return seconds_since(begin) / static_cast<double>(kMeasuredHashes);
}

}  // namespace

ClockCheck clock_check(const EngineOptions& options) {
  const std::string* word = options.find(kVerifyClock);
  if (word == nullptr || *word == "all") return ClockCheck::kAll;
  if (*word == "sample") return ClockCheck::kSample;
  if (*word == "none") return ClockCheck::kNone;
  throw Error(ErrorCode::kUsage,
              "--verify-clock takes none, sample or all, not '" + printable(*word, 60) + "'");
}

bool is_checked(uint64_t window, StepRange range, ClockCheck check) {
  if (check == ClockCheck::kAll) return true;
  if (check == ClockCheck::kNone) return false;
  return window == range.begin || window + 1 == range.end || window % kSampleEvery == 0;
}

uint64_t count_checked(StepRange range, ClockCheck check) {
  if (range.empty() || check == ClockCheck::kNone) return 0;
  const uint64_t windows = range.end - range.begin;
  if (check == ClockCheck::kAll || windows <= 2) return windows;
  const auto multiples_below = [](uint64_t end) { return end / kSampleEvery; };
  // Between the first and the last, which count in any case.
  return 2 + multiples_below(range.end - 2) - multiples_below(range.begin);
}

bool run_clock(Digest& value, uint64_t times, const std::function<bool()>& stopped) {
  while (times > 0) {
    const uint64_t piece = std::min(times, kPieceHashes);
    sha256_repeat(value, piece);
    times -= piece;
    if (times > 0 && stopped()) return false;
  }
  return true;
}

std::string clock_cost(StepRange range, uint64_t hashes, ClockCheck check) {
  const uint64_t windows = count_checked(range, check);
  if (windows == 0 || hashes == 0) return {};
  const double each_s = measured_seconds_per_hash() * static_cast<double>(hashes);
  const double all_s = each_s * static_cast<double>(windows);
  if (all_s < kUnusualSeconds) return {};
  std::string text = "the clock: " + format_count(windows) +
                     (windows == 1 ? " window" : " windows") + " × " + format_count(hashes) +
                     " hashes, about " + format_count(static_cast<uint64_t>(all_s)) +
                     " s on one core";
  const uint64_t sampled = count_checked(range, ClockCheck::kSample);
  if (check == ClockCheck::kAll && sampled < windows) {
    text += " (--verify-clock sample: about " +
            format_count(static_cast<uint64_t>(each_s * static_cast<double>(sampled))) +
            " s; none: nothing)";
  } else {
    text += " (--verify-clock none leaves it out)";
  }
  return text;
}

}  // namespace recrank::montana
