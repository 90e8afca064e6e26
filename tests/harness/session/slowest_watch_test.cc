#include "harness/session/slowest_watch.h"

#include <gtest/gtest.h>

#include <thread>

namespace recrank {
namespace slowest_watch_test {

StepTelemetry step(uint64_t number, bool delivery = true, std::string_view subject = "v1",
                   uint64_t run = 0) {
  StepTelemetry telemetry;
  telemetry.subject_id = subject;
  telemetry.run = run;
  telemetry.step = number;
  telemetry.delivery = delivery;
  return telemetry;
}

// A clock that moves by 1 ms with each look at it, and by more where it is told to.
class HandClock {
 public:
  [[nodiscard]] std::function<SlowestWatch::Clock::time_point()> hand() {
    return [this] { return now_ += std::chrono::milliseconds(1); };
  }
  void wait() { now_ += std::chrono::milliseconds(300); }

 private:
  SlowestWatch::Clock::time_point now_;
};

TEST(SlowestWatch, NamesTheDeliveryThatTookLongest) {
  HandClock clock;
  SlowestWatch watch(clock.hand());
  watch.on_step(step(4, false));
  watch.on_step(step(5));
  clock.wait();
  watch.on_step(step(6));
  watch.on_step(step(7));
  const auto slowest = watch.of("v1", 0);
  ASSERT_TRUE(slowest);
  EXPECT_EQ(slowest->step, 6U);
  EXPECT_NEAR(slowest->seconds, 0.301, 1e-9);
}

TEST(SlowestWatch, LeavesOutTheStepInWhichTheEngineStarts) {
  HandClock clock;
  SlowestWatch watch(clock.hand());
  clock.wait();
  watch.on_step(step(5));
  EXPECT_FALSE(watch.of("v1", 0));
  EXPECT_FALSE(watch.of("v2", 0));
}

TEST(SlowestWatch, LeavesOutMarks) {
  HandClock clock;
  SlowestWatch watch(clock.hand());
  watch.on_step(step(4));
  clock.wait();
  watch.on_step(step(5, false));
  watch.on_step(step(6));
  EXPECT_EQ(watch.of("v1", 0)->step, 6U);
}

TEST(SlowestWatch, CountsTheDeliveryThatEndedTheReplay) {
  HandClock clock;
  SlowestWatch watch(clock.hand());
  watch.on_step(step(4));
  watch.on_step(step(5));
  clock.wait();
  watch.on_last_step(step(6));
  EXPECT_EQ(watch.of("v1", 0)->step, 6U);
}

TEST(SlowestWatch, KeepsSubjectsAndRunsApart) {
  HandClock clock;
  SlowestWatch watch(clock.hand());
  watch.on_step(step(4));
  watch.on_step(step(5));
  clock.wait();
  watch.on_step(step(6, true, "v2"));  // the first of its subject, though its number follows
  watch.on_step(step(7, true, "v2"));
  watch.on_step(step(8, true, "v2", 1));
  EXPECT_EQ(watch.of("v1", 0)->step, 5U);
  EXPECT_EQ(watch.of("v2", 0)->step, 7U);
  EXPECT_FALSE(watch.of("v2", 1));
}

TEST(SlowestWatch, SeesSeveralThreads) {
  HandClock clock;
  SlowestWatch watch(clock.hand());
  watch.on_step(step(0, false));
  std::jthread([&] {
    watch.on_step(step(10, false));
    clock.wait();
    watch.on_step(step(11));
  }).join();
  watch.on_step(step(1));
  EXPECT_EQ(watch.of("v1", 0)->step, 1U);  // it waited for the other one
}

}  // namespace slowest_watch_test
}  // namespace recrank
