// How much of the front of a history can be cut off while its end still shows something. A pure
// search over a probe: no processes and no printing.
//
// Places to begin at are numbered from the front. The last one is asked first, then those 1, 3, 7,
// … before it, at last the front itself; between the first place that holds and the one asked
// before it the search halves. What is found has been asked, and so has the place behind it, which
// does not hold. It need not be the last of all that hold: nothing says that they are in order.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

namespace recrank {

enum class FrontAnswer { kHolds, kFails, kInterrupted };

struct FrontCutOptions {
  size_t probes_max = 500;
  std::function<bool()> out_of_time = [] { return false; };
};

struct FrontCut {
  std::optional<size_t> place;  // holds; nullopt: none was found that does
  bool tight = false;           // it is the last place, or the one behind it does not hold
  bool out_of_budget = false;
  bool interrupted = false;
  size_t probes = 0;
};

// `places` > 0. With a budget that ends early the front itself is still asked, since it alone is
// known to have shown it.
[[nodiscard]] FrontCut cut_front(size_t places, const std::function<FrontAnswer(size_t)>& probe,
                                 const FrontCutOptions& options);

}  // namespace recrank
