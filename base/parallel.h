// The same work for each of a range of numbers, on a few threads.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "base/interrupt.h"

namespace recrank {

struct ParallelOptions {
  size_t threads = 1;  // at most; the caller's is one of them
  // In which the indices are taken, each once; empty: upwards. With the longest first, no thread is
  // left alone with much to do at the end.
  std::vector<size_t> order = {};
  const Interrupt* interrupt = nullptr;  // once requested, no further index is taken
};

// Calls job(index) for each index below `count`, and returns when all calls have. A call that
// throws keeps no other from being made; of several exceptions the one of the lowest index is
// thrown on, so that it does not hang on which thread was the fastest.
void parallel_for(size_t count, const ParallelOptions& options,
                  const std::function<void(size_t)>& job);

}  // namespace recrank
