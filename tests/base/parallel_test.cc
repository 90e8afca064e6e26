#include "base/parallel.h"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

namespace recrank {
namespace {

using testing::ElementsAre;

TEST(ParallelFor, CallsEachIndexOnce) {
  for (const size_t threads : {0U, 1U, 3U, 50U}) {
    std::vector<std::atomic<int>> calls(20);
    parallel_for(calls.size(), {.threads = threads}, [&](size_t i) { ++calls[i]; });
    for (const auto& each : calls) EXPECT_EQ(each, 1) << threads;
  }
  parallel_for(0, {.threads = 3}, [](size_t) { FAIL(); });
}

TEST(ParallelFor, TakesThemInTheOrderAskedFor) {
  std::vector<size_t> taken;
  parallel_for(3, {.order = {2, 0, 1}}, [&](size_t i) { taken.push_back(i); });
  EXPECT_THAT(taken, ElementsAre(2, 0, 1));
}

// Each waits until both are there, which one thread alone would never see.
TEST(ParallelFor, RunsThemSideBySide) {
  std::atomic<int> here{0};
  std::mutex mutex;
  std::set<std::thread::id> threads;
  parallel_for(2, {.threads = 2}, [&](size_t) {
    ++here;
    while (here < 2) std::this_thread::yield();
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(threads.size(), 2);
  EXPECT_TRUE(threads.contains(std::this_thread::get_id()));
}

TEST(ParallelFor, MakesAllCallsAndThrowsOnTheFailureOfTheLowestIndex) {
  for (const size_t threads : {1U, 4U}) {
    std::atomic<int> calls{0};
    std::string failure;
    try {
      parallel_for(9, {.threads = threads, .order = {8, 7, 6, 5, 4, 3, 2, 1, 0}}, [&](size_t i) {
        ++calls;
        if (i % 3 == 2) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      failure = error.what();
    }
    EXPECT_EQ(failure, "2");
    EXPECT_EQ(calls, 9);
  }
}

TEST(ParallelFor, TakesNoMoreOnceInterrupted) {
  Interrupt interrupt;
  std::vector<size_t> taken;
  parallel_for(9, {.interrupt = &interrupt}, [&](size_t i) {
    taken.push_back(i);
    if (i == 1) interrupt.request();
  });
  EXPECT_THAT(taken, ElementsAre(0, 1));
}

}  // namespace
}  // namespace recrank
