#include "harness/report/told_ends.h"
#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/scratch_dir.h"
#include "tests/support/snapshot/fake_recording.h"

namespace recrank {
namespace told_ends_test {

using testing::ElementsAre;
using testing::HasSubstr;

// Vats v1 alice, alive, and v2 bob, terminated, as a database knows them.
std::unique_ptr<Recording> database() {
  auto recording = std::make_unique<FakeRecording>();
  recording->vat("v1").add_deliveries(3).subject().name = "alice";
  recording->vat("v2").add_deliveries(3).subject().name = "bob";
  recording->subject().state = SubjectState::kTerminated;
  return recording;
}

// A log of 2021 in which `vat` dies.
std::string log_of_death(const std::string& vat, const std::string& name, const std::string& why) {
  const std::string where = R"("crankNum":9,"vatID":")" + vat + R"(","deliveryNum":0)";
  return R"({"time":1,"type":"import-kernel-start"})"
         "\n"
         R"({"time":1,"type":"create-vat","vatID":")" +
         vat + R"(","dynamic":false,"name":")" + name +
         R"(","vatSourceBundle":{},"managerType":"xs-worker"})"
         "\n"
         R"({"time":1,"type":"cosmic-swingset-begin-block","blockHeight":70})"
         "\n"
         R"({"time":1,"type":"deliver",)" +
         where +
         R"(,"kd":[],"vd":["message"]})"
         "\n"
         R"({"time":1,"type":"deliver-result",)" +
         where + R"(,"dr":["error",")" + why +
         R"(",null]})"
         "\n"
         R"({"time":1,"type":"terminate","vatID":")" +
         vat +
         R"(","shouldReject":true,"info":{}})"
         "\n";
}

class Beside : public testing::Test {
 protected:
  Beside() { evidence_.recording = database(); }
  void put(const std::string& name, const std::string& text) {
    const auto path = scratch_.path() / name;
    std::ofstream(path) << text;
    evidence_.companions.push_back({path, name});
  }
  [[nodiscard]] std::string text() const {
    return told_ends_text(read_told_ends(evidence_), *evidence_.recording);
  }

  ScratchDir scratch_;
  Evidence evidence_;
};

TEST_F(Beside, ALogTellsWhatKilledAVat) {
  put("chain.slog", log_of_death("v2", "bob", "v2:bob exited due to signal SIGSEGV"));
  EXPECT_EQ(text(),
            "vats that died, and steps that failed:\n"
            "  v2 bob  died in step 0, crank 9, block 70: v2:bob exited due to signal SIGSEGV  "
            "(chain.slog)\n");
  Json report;
  add_told_ends(read_told_ends(evidence_), report);
  const Json json = report.at("ended");
  EXPECT_EQ(json.at(0).at("cause"), "v2:bob exited due to signal SIGSEGV");
  EXPECT_EQ(json.at(0).at("crank"), 9);
  EXPECT_EQ(json.at(0).at("block"), 70);
}

TEST_F(Beside, AVatThatTheDatabaseHasForgottenIsNamedToo) {
  put("chain.slog", log_of_death("v7", "spinner", "Compute meter exceeded"));
  EXPECT_THAT(text(),
              HasSubstr("  v7 spinner  died in step 0, crank 9, block 70: Compute meter exceeded"));
  EXPECT_THAT(text(), HasSubstr("  v2 bob  terminated; no log says why\n"));
}

TEST_F(Beside, WithoutALogTheTerminatedAreNamedAndNoCauseIsMadeUp) {
  EXPECT_EQ(text(),
            "vats that died, and steps that failed:\n"
            "  v2 bob  terminated; only a slog says why, and none lies beside it\n");
}

TEST_F(Beside, ALogOfAnotherChainIsLeftOutWithANote) {
  put("other.slog", log_of_death("v2", "someone", "boom"));
  const ToldEnds told = read_told_ends(evidence_);
  EXPECT_TRUE(told.ends.empty());
  EXPECT_THAT(told.notes, ElementsAre(HasSubstr("other.slog is left out: it names v2 otherwise")));
}

TEST_F(Beside, ALogThatCannotBeReadIsANoteAndNoFailure) {
  put("torn.slog", "{\"time\":1,\"ty");
  put("chain.slog", log_of_death("v2", "bob", "boom"));
  const ToldEnds told = read_told_ends(evidence_);
  ASSERT_EQ(told.ends.size(), 1U);
  EXPECT_THAT(told.notes, ElementsAre(HasSubstr("torn.slog cannot be read")));
}

TEST_F(Beside, OfSeveralLogsTheOneThatTellsOfAnEndWins) {
  std::string failure = log_of_death("v2", "bob", "only failed");
  failure.resize(failure.rfind("{\"time\":1,\"type\":\"terminate\""));
  put("a.slog", failure);
  put("b.slog", log_of_death("v2", "bob", "boom"));
  const ToldEnds told = read_told_ends(evidence_);
  ASSERT_EQ(told.ends.size(), 1U);
  EXPECT_TRUE(told.ends[0].end.ended);
  EXPECT_EQ(told.ends[0].end.cause, "boom");
}

}  // namespace told_ends_test
}  // namespace recrank
