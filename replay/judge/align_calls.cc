#include "replay/judge/align_calls.h"

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "base/json_cursor.h"

namespace recrank {
namespace {

// Recorded calls that are looked at beyond the number of made ones: a gap of more missing calls
// than this is not bridged. Together with kAlignCallsMax it bounds the table to 3 MB.
constexpr size_t kMissingMax = 1024;

// How good the best way is from one cell of the table to its end.
struct Cell {
  uint32_t matches = 0;
  uint32_t edits = 0;

  [[nodiscard]] bool better_than(const Cell& other) const {
    return matches != other.matches ? matches > other.matches : edits < other.edits;
  }
  friend bool operator==(const Cell&, const Cell&) = default;
};

Cell with_edit(Cell cell) { return {cell.matches, cell.edits + 1}; }
Cell with_match(Cell cell) { return {cell.matches + 1, cell.edits}; }

// The same for all orders of the same bytes.
uint64_t sum_of_bytes(std::string_view text) {
  uint64_t sum = text.size();
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

std::vector<uint64_t> sums_of(std::span<const std::string_view> calls) {
  std::vector<uint64_t> sums(calls.size());
  std::transform(calls.begin(), calls.end(), sums.begin(), sum_of_bytes);
  return sums;
}

class Table {
 public:
  Table(std::span<const std::string_view> made, std::span<const std::string_view> recorded,
        AlignExtent extent)
      : made_(made), recorded_(recorded), width_(recorded.size() + 1) {
    const std::vector<uint64_t> made_sums = sums_of(made);
    const std::vector<uint64_t> recorded_sums = sums_of(recorded);
    cells_.resize((made.size() + 1) * width_);
    same_.resize(made.size() * width_);
    for (size_t j = 0; j < width_; ++j) {
      const size_t left = extent == AlignExtent::kWholeStep ? recorded.size() - j : 0;
      cells_[made.size() * width_ + j].edits = static_cast<uint32_t>(left);
    }
    for (size_t i = made.size(); i-- > 0;) fill_row(i, made_sums[i], recorded_sums);
  }

  // Walks the best way from the beginning. Where two are equally good, a match comes first, then
  // a wrong call, so that a call which nothing else explains is called wrong. Of two calls that
  // changed places the first recorded one is missing.
  [[nodiscard]] CallAlignment walk() const {
    CallAlignment found;
    size_t i = 0;
    size_t j = 0;
    while (i < made_.size()) {
      const Cell here = at(i, j);
      if (can_match(i, j) && here == with_match(at(i + 1, j + 1))) {
        ++i;
        ++j;
      } else if (j < recorded_.size() && here == with_edit(at(i + 1, j + 1))) {
        found.edits.push_back({CallEditKind::kWrong, j++, i++});
      } else if (j < recorded_.size() && here == with_edit(at(i, j + 1))) {
        found.edits.push_back({CallEditKind::kMissing, j++, i});
      } else {
        found.edits.push_back({CallEditKind::kExtra, j, i++});
      }
    }
    found.recorded_used = j;
    return found;
  }

 private:
  [[nodiscard]] Cell at(size_t i, size_t j) const { return cells_[i * width_ + j]; }
  [[nodiscard]] bool can_match(size_t i, size_t j) const {
    return j < recorded_.size() && same_[i * width_ + j];
  }

  void fill_row(size_t i, uint64_t sum, const std::vector<uint64_t>& recorded_sums) {
    for (size_t j = width_; j-- > 0;) {
      Cell best = with_edit(at(i + 1, j));  // extra
      const auto offer = [&best](Cell cell) {
        if (cell.better_than(best)) best = cell;
      };
      if (j < recorded_.size()) {
        const bool same = sum == recorded_sums[j] && same_call(made_[i], recorded_[j]);
        same_[i * width_ + j] = same;
        if (same) offer(with_match(at(i + 1, j + 1)));
        offer(with_edit(at(i + 1, j + 1)));  // wrong
        offer(with_edit(at(i, j + 1)));      // missing
      }
      cells_[i * width_ + j] = best;
    }
  }

  std::span<const std::string_view> made_;
  std::span<const std::string_view> recorded_;
  size_t width_;
  std::vector<Cell> cells_;
  std::vector<bool> same_;
};

}  // namespace

std::string_view call_verb(std::string_view call) {
  if (!call.starts_with("[\"")) return {};
  const size_t end = call.find('"', 2);
  return end == std::string_view::npos ? std::string_view() : call.substr(2, end - 2);
}

bool same_call(std::string_view a, std::string_view b) {
  return a == b || (call_verb(a) == call_verb(b) && json_equal(a, b));
}

bool likely_same_call(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  return a == b || (sum_of_bytes(a) == sum_of_bytes(b) && same_call(a, b));
}

CallAlignment align_calls(std::span<const std::string_view> made,
                          std::span<const std::string_view> recorded, AlignExtent extent) {
  RECRANK_CHECK(made.size() <= kAlignCallsMax);
  const bool whole = extent == AlignExtent::kWholeStep;
  const size_t window = std::min(recorded.size(), made.size() + kMissingMax);
  const bool all_seen = window == recorded.size();
  CallAlignment found =
      Table(made, recorded.first(window), whole && all_seen ? extent : AlignExtent::kSoFar).walk();
  for (size_t j = found.recorded_used; whole && j < recorded.size(); ++j) {
    found.edits.push_back({CallEditKind::kMissing, j, made.size()});
    found.recorded_used = j + 1;
  }
  return found;
}

}  // namespace recrank
