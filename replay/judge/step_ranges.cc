#include "replay/judge/step_ranges.h"

#include <algorithm>

namespace recrank {

std::vector<StepRange> intersect(const std::vector<StepRange>& x, const std::vector<StepRange>& y) {
  std::vector<StepRange> common;
  for (size_t i = 0, j = 0; i < x.size() && j < y.size();) {
    const StepRange both{std::max(x[i].begin, y[j].begin), std::min(x[i].end, y[j].end)};
    if (!both.empty()) common.push_back(both);
    if (x[i].end < y[j].end) {
      ++i;
    } else {
      ++j;
    }
  }
  return common;
}

std::vector<StepRange> subtract(const std::vector<StepRange>& x, const std::vector<StepRange>& y) {
  std::vector<StepRange> left;
  size_t j = 0;
  for (StepRange p : x) {
    while (j < y.size() && y[j].end <= p.begin) ++j;
    // A range of y may reach into the next one of x, so the last that was used is looked at again.
    for (size_t k = j; k < y.size() && y[k].begin < p.end; ++k) {
      if (y[k].begin > p.begin) left.push_back({p.begin, y[k].begin});
      p.begin = std::max(p.begin, y[k].end);
    }
    if (!p.empty()) left.push_back(p);
  }
  return left;
}

}  // namespace recrank
