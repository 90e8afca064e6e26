#include "replay/agoric/recorded_failure.h"
#include "replay/verdict_words.h"

#include <gtest/gtest.h>

#include <csignal>

namespace recrank::agoric {
namespace recorded_failure_test {

RecordedFailureKind kind_of(std::string_view text) { return parse_recorded_failure(text).kind; }

TEST(RecordedFailure, KnowsTheKernelsSentencesAboutMeters) {
  EXPECT_EQ(parse_recorded_failure("Compute meter exceeded").limit, LimitKind::kComputrons);
  EXPECT_EQ(parse_recorded_failure("Stack meter exceeded").limit, LimitKind::kStack);
  EXPECT_EQ(parse_recorded_failure("Allocate meter exceeded").limit, LimitKind::kMemory);
  EXPECT_EQ(kind_of("Compute meter exceeded"), RecordedFailureKind::kLimit);
}

TEST(RecordedFailure, KnowsDeathsBySignal) {
  const RecordedFailure failure = parse_recorded_failure("v1:alice exited due to signal SIGSEGV");
  EXPECT_EQ(failure.kind, RecordedFailureKind::kSignal);
  EXPECT_EQ(failure.signal, SIGSEGV);
  EXPECT_EQ(parse_recorded_failure("v8:undefined exited due to signal SIGABRT").signal, SIGABRT);
  EXPECT_EQ(parse_recorded_failure("v1:a exited due to signal SIGNOSUCH").signal, 0);
}

TEST(RecordedFailure, KnowsExits) {
  EXPECT_EQ(parse_recorded_failure("v1:alice exited: I/O error").exit_status, 2);
  EXPECT_EQ(parse_recorded_failure("v1:alice exited: unhandled exception").exit_status, 15);
  EXPECT_EQ(parse_recorded_failure("v1:alice exited").exit_status, 0);
  EXPECT_EQ(parse_recorded_failure("v1:alice exited: unknown error").exit_status, std::nullopt);
  EXPECT_EQ(kind_of("v1:alice exited: unknown error"), RecordedFailureKind::kExit);
  const RecordedFailure keys =
      parse_recorded_failure("v1:alice exited: property (key) name space exhausted");
  EXPECT_EQ(keys.kind, RecordedFailureKind::kLimit);
  EXPECT_EQ(keys.limit, LimitKind::kKeys);
}

TEST(RecordedFailure, TakesEverythingElseForAnErrorOfTheVat) {
  for (const char* text : {"", "boom", "the worker exited", "my v1:alice exited: I/O error",
                           "v1:alice exited: stage left", "compute meter exceeded"}) {
    EXPECT_EQ(kind_of(text), RecordedFailureKind::kAnswer) << text;
  }
}

TEST(RecordedFailure, FindsTheMessageInAnAnswer) {
  EXPECT_EQ(answered_error(R"(["error","no \"x\"",null])"), "no \"x\"");
  EXPECT_EQ(answered_error(R"(["err","TypeError","oops"])"), "TypeError: oops");
  EXPECT_EQ(answered_error(R"(["error",{"a":1},null])"), R"({"a":1})");
  EXPECT_EQ(answered_error("rubbish"), "rubbish");
  EXPECT_EQ(answered_error(""), "");
}

TEST(RecordedFailure, DescribesEveryOutcome) {
  EXPECT_EQ(describe_outcome(StepDone{}), "it answered ok");
  EXPECT_EQ(describe_outcome(StepCrashed{}), "the engine exited with status 0");
  EXPECT_EQ(describe_outcome(StepGarbled{"x"}), "the engine broke the protocol: x");
  StepCrashed crashed;
  crashed.end.signal = SIGSEGV;
  crashed.end.meaning = "SIGSEGV";
  EXPECT_EQ(describe_outcome(crashed), "the engine was killed by SIGSEGV");
  StepLimit limit;
  limit.kind = LimitKind::kCpu;
  limit.value = "5 s";
  EXPECT_EQ(describe_outcome(limit), "it met the limit cpu (5 s)");
}

}  // namespace recorded_failure_test
}  // namespace recrank::agoric
