#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

#include "base/check.h"

namespace recrank {

void parallel_for(size_t count, const ParallelOptions& options,
                  const std::function<void(size_t)>& job) {
  RECRANK_CHECK(options.order.empty() || options.order.size() == count);
  std::atomic<size_t> taken{0};
  std::vector<std::exception_ptr> failures(count);
  const auto work = [&] {
    for (size_t i = taken++; i < count; i = taken++) {
      if (options.interrupt != nullptr && options.interrupt->requested()) return;
      const size_t index = options.order.empty() ? i : options.order[i];
      try {
        job(index);
      } catch (...) {  // rethrown below, on the caller's thread
        failures[index] = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (size_t i = 1; i < std::min(options.threads, count); ++i) helpers.emplace_back(work);
    work();
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace recrank
