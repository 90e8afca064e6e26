// Real releases of Bun and events of our own. 1.3.13 jumps to address 0 on some regular
// expressions, the releases on both sides of it do not; and a server's connection pool ends every
// release by an `error` event without a listener.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/scratch_dir.h"
#include "replay/process/namespaces.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace replay_bun_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using testing_support::run_program;
using testing_support::run_recrank;

const fs::path kBun = fs::path(RECRANK_SOURCE_DIR) / "third_party/bun";
constexpr const char* kKiller = R"({"pattern":"(?:[abc]+(?:.|b)|(?:a)*)*>","text":"aaaa"})";
constexpr const char* kHarmless = R"({"pattern":"b+","text":"abba"})";

class BunReplay : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* version : {"1.3.12", "1.3.13", "1.3.14", "1.4.5"}) {
      if (!fs::exists(bun(version))) GTEST_SKIP() << "skipped: no Bun; run scripts/fetch-bun";
    }
  }
  static fs::path bun(const std::string& version) {
    return kBun / ("node_modules/bun-" + version + "/bin/bun");
  }
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    const fs::path file = scratch_.path() / name;
    std::ofstream(file) << text;
    return file.string();
  }
  // An engine file for match.mjs, the smallest program that meets the fault.
  [[nodiscard]] std::string matcher(const std::string& version) const {
    return write("match-" + version + ".json", json{{"schema", "recrank.engine/1"},
                                                    {"kind", "process"},
                                                    {"program", bun(version).string()},
                                                    {"arguments", {"match.mjs"}},
                                                    {"working_directory", kBun.string()}}
                                                   .dump());
  }
  [[nodiscard]] static std::string highlighter(const std::string& version) {
    return (kBun / ("bun-" + version + ".json")).string();
  }
  [[nodiscard]] static std::string handshake(const std::string& version) {
    return (kBun / ("handshake-" + version + ".json")).string();
  }
  [[nodiscard]] static std::string scenario(const std::string& name) {
    return (fs::path(RECRANK_SOURCE_DIR) / "scenarios" / name / "events.jsonl").string();
  }
  [[nodiscard]] static json replay(const std::string& journal, const std::string& engine,
                                   int status, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"replay", journal, "--engine", engine, "--json", "-"};
    words.insert(words.end(), more.begin(), more.end());
    const auto ran = run_recrank(words);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  ScratchDir scratch_;
};

TEST_F(BunReplay, OneEventKillsOneReleaseAndTheNeighboursAnswerIt) {
  std::string text = R"({"schema":"recrank.journal/1","subject":"match"})"
                     "\n";
  for (int n = 0; n < 6; ++n) {
    const bool kills = n == 3;
    text += std::string(R"({"event":)") + (kills ? kKiller : kHarmless) + R"(,"answer":{"n":)" +
            std::to_string(n) + R"(,"found":)" + (kills ? "null" : R"(["bb"])") + "}}\n";
  }
  const std::string journal = write("match.jsonl", text);
  EXPECT_EQ(replay(journal, matcher("1.3.12"), 0).at("compared").at("results"), 6);
  EXPECT_EQ(replay(journal, matcher("1.3.14"), 0).at("compared").at("results"), 6);
  const json report = replay(journal, matcher("1.3.13"), 2);
  EXPECT_EQ(report.at("verdict").at("step"), 3);
  EXPECT_EQ(report.at("verdict").at("signal"), "SIGILL");
  EXPECT_THAT(report.at("engine").at("version").get<std::string>(), HasSubstr("1.3.13+bf2e2cecf"));
}

TEST_F(BunReplay, TheFirstFaultBehindTheRuntimesOwnHandlerIsNamed) {
  const std::string journal = write("match.jsonl", std::string(kHarmless) + "\n" + kKiller + "\n");
  const json crash = replay(journal, matcher("1.3.13"), 2).at("verdict").at("detail").at("crash");
  EXPECT_EQ(crash.at("fault").at("signal"), 4);
  EXPECT_EQ(crash.at("first_fault").at("signal"), 11);
  EXPECT_EQ(crash.at("first_fault").at("address"), "0x0");
  EXPECT_THAT(crash.at("first_fault").at("what").get<std::string>(),
              HasSubstr("jump to address 0x0"));
}

TEST_F(BunReplay, TheRuntimesOwnReportIsKeptAsItsLastWords) {
  const std::string journal = write("match.jsonl", std::string(kHarmless) + "\n" + kKiller + "\n");
  const json verdict = replay(journal, matcher("1.3.13"), 2, {"--capture", "none"}).at("verdict");
  EXPECT_THAT(verdict.at("last_words").get<std::string>(),
              HasSubstr("Segmentation fault at address 0x0"));
}

TEST_F(BunReplay, AHighlighterOf300EventsDiesAtTheEighthOnOneReleaseOnly) {
  const auto made =
      run_program({bun("1.3.12").string(), (kBun / "make-journal.mjs").string(), "--kill-at", "7"});
  ASSERT_EQ(made.status, 0) << made.err;
  const std::string bare = write("events.jsonl", made.out);
  const json crash = replay(bare, highlighter("1.3.13"), 2).at("verdict");
  EXPECT_EQ(crash.at("step"), 7);
  EXPECT_EQ(crash.at("signal"), "SIGILL");
  // What 1.3.12 answers, 1.3.14 answers as well. With a HOME below /proc it never ends: a loop of
  // its own.
  const auto recorded =
      run_program({"sh", "-c",
                   "{ echo '{\"schema\":\"recrank.journal/1\",\"subject\":\"highlight\"}'; env -u "
                   "HOME \"$1\" highlight.mjs <\"$2\" | "
                   "paste \"$2\" - | sed -E 's/^(.*)\\t(.*)$/{\"event\":\\1,\"answer\":\\2}/'; }",
                   "sh", bun("1.3.12").string(), bare},
                  {{}, 0, kBun});
  ASSERT_EQ(recorded.status, 0) << recorded.err;
  const std::string journal = write("answered.jsonl", recorded.out);
  EXPECT_EQ(replay(journal, highlighter("1.3.14"), 0).at("compared").at("results"), 300);
  const json judged = replay(journal, highlighter("1.3.13"), 2);
  EXPECT_EQ(judged.at("verdict").at("step"), 7);
  EXPECT_EQ(judged.at("compared").at("results"), 7);
}

TEST_F(BunReplay, TheScenarioOfTheRegularExpressionDiesOnOneReleaseOnly) {
  const std::string journal = scenario("bun-regexp-segfault");
  for (const char* version : {"1.3.12", "1.3.14", "1.4.5"}) {
    EXPECT_EQ(replay(journal, highlighter(version), 0).at("compared").at("results"), 300)
        << version;
  }
  const json verdict = replay(journal, highlighter("1.3.13"), 2).at("verdict");
  EXPECT_EQ(verdict.at("step"), 7);
  EXPECT_THAT(verdict.at("signature").get<std::string>(), StartsWith("SIGSEGV jump-to-null bun@"));
}

// The same program, journal and releases; the listener alone makes the difference.
TEST_F(BunReplay, AnUnheardErrorEventEndsTheServerAndAPermanentListenerSavesIt) {
  if (const std::string refusal = try_namespaces(); !refusal.empty())
    GTEST_SKIP() << "skipped: " << refusal;
  const std::string journal = scenario("bun-ssh-handshake");
  for (const std::string version : {"1.3.13", "1.3.14", "1.4.5"}) {
    const json report = replay(journal, handshake(version), 2);
    EXPECT_EQ(report.at("engine").at("network"), "loopback");
    const json& verdict = report.at("verdict");
    EXPECT_EQ(verdict.at("step"), 7);
    EXPECT_EQ(verdict.at("exit_status"), 1);
    EXPECT_EQ(
        verdict.at("signature"),
        "exit 1 error \"Timed out while waiting for handshake\" unheard-error-event client.js");
    const auto words = verdict.at("last_words").get<std::string>();
    EXPECT_THAT(words, HasSubstr("error: Timed out while waiting for handshake"));
    EXPECT_THAT(words, HasSubstr("client.js:1116:16"));
    EXPECT_THAT(words, HasSubstr("Bun v" + version + " (Linux x64)"));
    EXPECT_EQ(replay(journal, handshake(version + "-fixed"), 0).at("compared").at("results"), 11);
  }
}

// The requests of a server are its calls; the responses, one of which is cut off, are the
// journal's.
TEST_F(BunReplay, AServersRequestsAreComparedAndAnsweredFromTheJournal) {
  if (const std::string refusal = try_namespaces(); !refusal.empty())
    GTEST_SKIP() << "skipped: " << refusal;
  const std::string journal = scenario("bun-http-agent");
  const auto agent = [](const std::string& version) {
    return (kBun / ("agent-" + version + ".json")).string();
  };
  for (const std::string version : {"1.3.13", "1.3.14", "1.4.5"}) {
    const json compared = replay(journal, agent(version), 0).at("compared");
    EXPECT_EQ(compared.at("syscalls"), 5) << version;
    EXPECT_EQ(compared.at("results"), 4) << version;
  }
  const json verdict = replay(journal, agent("1.3.14-fragile"), 2).at("verdict");
  EXPECT_EQ(verdict.at("step"), 3);
  EXPECT_EQ(verdict.at("signature"), "exit 1 error \"the stream ended early\" uncaught agent.mjs");
}

TEST_F(BunReplay, AnErrorThatNobodyCatchesIsAnExitAndNoSignal) {
  const std::string journal =
      write("match.jsonl", std::string(kHarmless) + "\n{\"pattern\":\"(\",\"text\":\"\"}\n");
  const json verdict = replay(journal, matcher("1.3.14"), 2).at("verdict");
  EXPECT_EQ(verdict.at("exit_status"), 1);
  EXPECT_EQ(verdict.at("step"), 1);
  EXPECT_THAT(verdict.at("last_words").get<std::string>(), HasSubstr("SyntaxError"));
  EXPECT_THAT(verdict.at("signature").get<std::string>(), StartsWith("exit 1 SyntaxError \""));
  EXPECT_THAT(verdict.at("signature").get<std::string>(), EndsWith("\" uncaught match.mjs"));
}

}  // namespace replay_bun_test
}  // namespace recrank
