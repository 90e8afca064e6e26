// A recrank that is killed, or that is told to end, leaves nothing that a later one trips over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/replay/program_home.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace killed_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing_support::Ran;
using testing_support::run_recrank;

constexpr const char* kGood =
    "{\"schema\":\"recrank.journal/1\"}\n{\"event\":1,\"answer\":{\"n\":0,\"got\":1}}\n";
constexpr const char* kHangs =
    "{\"schema\":\"recrank.journal/1\"}\n{\"event\":{\"do\":\"hang\"},\"answer\":1}\n";

class Killed : public testing::Test {
 protected:
  Killed() {
    write_bytes(
        scratch_.path() / "engines.json",
        json{{"schema", "recrank.engines/1"},
             {"engines", {{{"name", "stand-in"}, {"worker", program_.engine_file().string()}}}}}
            .dump());
    fs::create_directory(temporary());
  }

  [[nodiscard]] fs::path temporary() const { return scratch_.path() / "tmp"; }
  [[nodiscard]] fs::path recordings() const { return scratch_.path() / "recordings"; }

  // With one scenario over `recording`.
  [[nodiscard]] Ran run(const std::string& recording, const std::string& journal, int signal,
                        double after_s) const {
    const fs::path place = scratch_.path() / "mine";
    fs::create_directories(place);
    write_bytes(place / "events.jsonl", journal);
    write_bytes(place / "scenario.json",
                R"({"schema":"recrank.scenario/1","title":"t","recording":)" + recording +
                    R"(,"engines":["stand-in"],"expect":{"kind":"clean"}})");
    return run_recrank(
        {"run", place.string(), "--recordings", recordings().string(), "--json", "-"},
        {.environment = {"RECRANK_HOME=" + scratch_.path().string(),
                         "TMPDIR=" + temporary().string()},
         .interrupt_after_s = after_s,
         .directory = {},
         .signal = signal});
  }

  static size_t entries(const fs::path& directory) {
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory), {}));
  }

  ScratchDir scratch_;
  ProgramHome program_;
};

constexpr const char* kPlain = R"({"path":"events.jsonl"})";

TEST_F(Killed, ALaterRunRemovesItsScratch) {
  EXPECT_EQ(run(kPlain, kHangs, SIGKILL, 0.5).status, 128 + SIGKILL);
  EXPECT_GT(entries(temporary()), 0U);
  EXPECT_EQ(run(kPlain, kGood, 0, 0).status, 0);
  EXPECT_EQ(entries(temporary()), 0U);
}

// What the first attempt has started lives on, outside of its group, and writes while the second is
// at work.
TEST_F(Killed, ItsCommandDoesNotWriteIntoTheRecordingOfALaterRun) {
  const std::string recording =
      R"json({"command":"if [ ! -e first ]; then touch first; )json"
      R"json((setsid sh -c 'sleep 0.7; echo poison >>\"$OUT\"' &); sleep 600; fi; )json"
      R"json(cp events.jsonl \"$OUT\"; sleep 0.7","as":"made"})json";
  EXPECT_EQ(run(recording, kGood, SIGKILL, 0.3).status, 128 + SIGKILL);
  const Ran second = run(recording, kGood, 0, 0);
  EXPECT_EQ(second.status, 0) << second.out << second.err;
  EXPECT_EQ(read_bytes(recordings() / "made"), kGood);
  fs::remove(recordings() / "made");
  EXPECT_EQ(run(recording, kGood, 0, 0).status, 0);
  EXPECT_EQ(entries(recordings()), 1U) << "what the first attempt has left is removed";
}

class ToldToEnd : public Killed, public testing::WithParamInterface<int> {};

TEST_P(ToldToEnd, ItReportsWhatWasDoneAndLeavesNothing) {
  const Ran ran = run(kPlain, kHangs, GetParam(), 0.5);
  EXPECT_EQ(ran.status, 130);
  EXPECT_EQ(json::parse(ran.out).at("scenarios").at(0).at("outcome"), "interrupted");
  EXPECT_EQ(entries(temporary()), 0U);
}

INSTANTIATE_TEST_SUITE_P(By, ToldToEnd, testing::Values(SIGHUP, SIGQUIT, SIGTERM));

}  // namespace killed_e2e_test
}  // namespace recrank
