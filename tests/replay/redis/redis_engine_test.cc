// Against a stand-in that misbehaves (tests/stand_ins/fake_redis.cc). What a real server does is in
// tests/e2e/replay_redis_real_test.cc.
#include "replay/redis/redis_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>

#include "base/scratch_dir.h"
#include "replay/process/namespaces.h"
#include "snapshot/redis/redis_aof.h"

namespace recrank::redis {
namespace redis_engine_test {

using testing::HasSubstr;

constexpr uint64_t kAnswerBytes = 4 << 20;
const Interrupt kNoInterrupt;

uint64_t own_peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

struct NoCalls : CallHandler {
  std::optional<std::string_view> on_call(std::string_view) override { return std::nullopt; }
};

class HostileRedis : public testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  void SetUp() override {
    if (const std::string refusal = try_namespaces(); !refusal.empty())
      GTEST_SKIP() << "skipped: " << refusal;
  }
  // What one command comes to.
  StepOutcome asked(const std::string& fault) {
    start(fault, {});
    return run_ == nullptr ? StepGarbled{"it did not start"} : apply_word(0, "FLUSHDB");
  }
  void start(const std::string& fault, StepRange range) {
    std::ofstream(file_)
        << R"({"schema":"recrank.engine/1","kind":"redis","program":")" RECRANK_BINARY_DIR
           "/bin/fake_redis"
        << R"(","environment":{"FAULT":")" << fault << R"("}})";
    engine_ = make_redis_engine(program::load_program(EngineFile(file_), "fake", {}, kNoInterrupt));
    StartRequest request;
    request.dialect = kRedisDialect;
    request.limits.frame_bytes_max = kAnswerBytes;
    request.limits.step_wall_s = 100;  // one that only this ends is heard for too long
    request.range = range;
    run_ = engine_->start(std::move(request), kNoInterrupt).run;
  }
  StepOutcome apply_word(uint64_t number, const std::string& word) {
    Step step;
    step.number = number;
    step.text = "*1\r\n$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    step.delivery = step.text;
    NoCalls no_calls;
    return run_->apply(step, no_calls);
  }

  ScratchDir home_;
  std::filesystem::path file_ = home_.path() / "redis.json";
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<recrank::Run> run_;
};

TEST_P(HostileRedis, IsHeardOnlySoLongAndToldSo) {
  const auto& [fault, told] = GetParam();
  const uint64_t before = own_peak_bytes();
  const StepOutcome outcome = asked(fault);
  const auto* const garbled = std::get_if<StepGarbled>(&outcome);
  ASSERT_NE(garbled, nullptr) << outcome.index();
  EXPECT_THAT(garbled->what, HasSubstr(told));
  // The answer and the reader's copy of it, which grow by doubling; a sanitizer keeps freed memory
  // for a while.
  EXPECT_LT(own_peak_bytes() - before, 16 * kAnswerBytes);
}

INSTANTIATE_TEST_SUITE_P(Answers, HostileRedis,
                         testing::Values(std::pair{"endless line", "without an end"},
                                         std::pair{"endless bulk", "without an end"},
                                         std::pair{"endless array", "without an end"},
                                         std::pair{"endless error", "without an end"},
                                         std::pair{"deep", "no RESP"},
                                         std::pair{"nonsense", "no RESP"},
                                         std::pair{"more", "more than it was asked for"}));

using DyingRedis = HostileRedis;

TEST_F(DyingRedis, ThatLeavesWithinAnAnswerHasEnded) {
  const StepOutcome outcome = asked("half");
  const auto* const crashed = std::get_if<StepCrashed>(&outcome);
  ASSERT_NE(crashed, nullptr) << outcome.index();
  EXPECT_EQ(crashed->end.exit_status, 0);
}

// Steps 4 to 7 are a transaction; `executed` is what its EXEC is answered with.
class Transaction : public HostileRedis {
 protected:
  StepOutcome at_exec(const std::string& executed, StepRange range = {0, 100}) {
    start("exec:" + executed, range);
    if (run_ == nullptr) return StepGarbled{"it did not start"};
    for (const auto& [number, word] :
         {std::pair{4U, "MULTI"}, {5U, "SET"}, {6U, "LPUSH"}, {7U, "exec"}}) {
      StepOutcome outcome = apply_word(number, word);
      if (number + 1 == range.end || number == 7) return outcome;
      EXPECT_TRUE(std::get<StepDone>(outcome).ok);
    }
    return StepGarbled{"it has no end"};
  }
};

TEST_F(Transaction, AnErrorInItsAnswerIsThatOfTheStepThatWasQueued) {
  const StepOutcome outcome = at_exec(R"(*2\r\n:1\r\n-WRONGTYPE no list\r\n)");
  const StepDone& done = std::get<StepDone>(outcome);
  EXPECT_FALSE(done.ok);
  EXPECT_EQ(done.of_step, 6U);
  EXPECT_EQ(done.result, "WRONGTYPE no list");
}

TEST_F(Transaction, WhatACommandsOwnAnswerHoldsIsNoErrorOfIts) {
  const StepOutcome outcome = at_exec(R"(*2\r\n*1\r\n-ERR told\r\n:1\r\n)");
  EXPECT_TRUE(std::get<StepDone>(outcome).ok);
}

TEST_F(Transaction, IsCarriedOutAsFarAsTheRangeGoes) {
  const StepOutcome outcome = at_exec(R"(*1\r\n-WRONGTYPE no string\r\n)", {0, 6});
  EXPECT_EQ(std::get<StepDone>(outcome).of_step, 5U);
}

TEST_F(Transaction, ThatWasNotCarriedOutIsNoSuccess) {
  EXPECT_FALSE(std::get<StepDone>(at_exec(R"(*-1\r\n)")).ok);
  EXPECT_FALSE(std::get<StepDone>(at_exec(R"(-EXECABORT discarded\r\n)")).ok);
  EXPECT_TRUE(std::holds_alternative<StepGarbled>(at_exec(R"(*1\r\n:1\r\n)")));
}

}  // namespace redis_engine_test
}  // namespace recrank::redis
