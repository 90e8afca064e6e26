// A system that recrank was not made for, over its two seams: a real Redis server, recorded and
// replayed (docs/adding-a-system.md).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/scratch_dir.h"
#include "replay/process/namespaces.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"
#include "tests/support/snapshot/redis_server.h"

namespace recrank {
namespace replay_redis_real_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::RedisServer;
using testing_support::run_recrank;

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void put(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

void replace(const fs::path& file, const std::string& old, const std::string& fresh) {
  std::string text = text_of(file);
  const size_t at = text.find(old);
  ASSERT_NE(at, std::string::npos) << old;
  put(file, text.replace(at, old.size(), fresh));
}

class RealRedis : public testing::Test {
 protected:
  void SetUp() override {
    if (!testing_support::have_redis())
      GTEST_SKIP() << "skipped: no redis-server of version 7 on PATH";
    if (const std::string refusal = try_namespaces(); !refusal.empty())
      GTEST_SKIP() << "skipped: " << refusal;
    put(engine(), R"({"schema":"recrank.engine/1","kind":"redis","program":"redis-server"})");
  }
  [[nodiscard]] fs::path engine() const { return home_.path() / "redis.json"; }
  [[nodiscard]] Ran recrank(const std::string& command, const fs::path& recording,
                            std::vector<std::string> more = {}) const {
    std::vector<std::string> words{command, recording.string()};
    if (command == "replay") words.insert(words.end(), {"--engine", engine().string()});
    words.insert(words.end(), more.begin(), more.end());
    return run_recrank(words);
  }
  [[nodiscard]] json replay(const fs::path& recording, int status,
                            std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--json", "-"});
    const Ran ran = recrank("replay", recording, more);
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  ScratchDir home_;
};

// Commands 0 to 9 behind a base that holds something; digests behind 4 and 9.
void record_shop(RedisServer& server) {
  server.tell({"SET", "founded", "2021"});
  server.rewrite();
  server.tell({"SET", "stock", "10"});  // 0 is the SELECT before it
  server.tell({"DECRBY", "stock", "3"});
  server.tell({"RPUSH", "orders", "a", "b"});
  server.tell({"HSET", "customer", "name", std::string("\0\r\n\xff", 4)});
  server.note_digest();
  server.tell({"LPOP", "orders"});
  server.tell(
      {"EVAL", "redis.call('SET','x',ARGV[1]); redis.call('INCR','founded'); return 1", "0", "7"});
  server.note_digest();
}

TEST_F(RealRedis, IsReplayedFromItsBaseCommandByCommandAndComesToTheSameDigests) {
  RedisServer server;
  record_shop(server);
  server.stop();
  const auto before = evidence_state(server.recording());
  const json report = replay(server.recording(), 0);
  EXPECT_EQ(report.at("verdict").at("kind"), "clean");
  EXPECT_EQ(report.at("recording").at("kind"), "redis");
  EXPECT_EQ(report.at("range").at("checkpoint"), "tables@0");
  EXPECT_EQ(report.at("engine").at("dialect"), "redis");
  EXPECT_THAT(report.at("engine").at("version").get<std::string>(), HasSubstr("v=7"));
  EXPECT_EQ(report.at("compared").at("facts"), 2);
  EXPECT_EQ(report.at("compared").at("results"), report.at("compared").at("steps"));
  EXPECT_EQ(evidence_state(server.recording()), before);
}

TEST_F(RealRedis, WithAnotherBaseDivergesAtTheFirstDigest) {
  RedisServer server;
  record_shop(server);
  server.stop();
  RedisServer other;  // an empty base
  other.tell({"SET", "founded", "1999"});
  other.rewrite();
  other.stop();
  for (const auto& each : fs::directory_iterator(other.recording())) {
    if (each.path().extension() != ".rdb") continue;
    for (const auto& old : fs::directory_iterator(server.recording())) {
      if (old.path().extension() == ".rdb")
        fs::copy_file(each.path(), old.path(), fs::copy_options::overwrite_existing);
    }
  }
  const json verdict = replay(server.recording(), 1).at("verdict");
  EXPECT_EQ(verdict.at("kind"), "diverged");
  EXPECT_EQ(verdict.at("field"), "digest");
  EXPECT_EQ(verdict.at("step"), 4);
}

TEST_F(RealRedis, AChangedCommandDivergesInTheDigestAndAWrongOneInItsResult) {
  RedisServer server;
  record_shop(server);
  server.stop();
  const std::string whole = text_of(server.commands());
  replace(server.commands(), "stock\r\n$1\r\n3", "stock\r\n$1\r\n4");
  EXPECT_EQ(replay(server.recording(), 1).at("verdict").at("field"), "digest");
  put(server.commands(), whole);
  // As long as it was, so that the sizes of the digests stay right.
  replace(server.commands(), "LPOP\r\n$6\r\norders", "INCR\r\n$6\r\norders");
  const json verdict = replay(server.recording(), 1).at("verdict");
  EXPECT_EQ(verdict.at("field"), "result");
  EXPECT_EQ(verdict.at("step"), 5);
  EXPECT_THAT(verdict.at("got").get<std::string>(), HasSubstr("WRONGTYPE"));
}

TEST_F(RealRedis, DiesOfDebugSegfaultWithTheStackOfTheServer) {
  RedisServer server;
  record_shop(server);
  server.stop();
  std::ofstream(server.commands(), std::ios::app) << "*2\r\n$5\r\nDEBUG\r\n$8\r\nSEGFAULT\r\n";
  const json report = replay(server.recording(), 2, {"--repeat", "3"});
  const json& verdict = report.at("verdict");
  EXPECT_EQ(verdict.at("kind"), "crashed");
  EXPECT_EQ(verdict.at("step"), 10);
  EXPECT_EQ(verdict.at("signal"), "SIGSEGV");
  EXPECT_THAT(verdict.at("signature").get<std::string>(), HasSubstr("debugCommand"));
  EXPECT_EQ(report.at("repeat").at("agreed"), 3);
}

TEST_F(RealRedis, AnExpiryThatIsOverIsUnjudgedAndNoDivergence) {
  RedisServer server;
  record_shop(server);
  server.tell({"SET", "session", "1", "PX", "1000"});
  server.note_digest();
  server.tell({"SET", "lasting", "1", "EX", "9000000"});
  server.stop();
  const json verdict = replay(server.recording(), 125).at("verdict");
  EXPECT_EQ(verdict.at("kind"), "unjudged");
  EXPECT_EQ(verdict.at("step"), 10);
  EXPECT_THAT(verdict.at("reason").get<std::string>(), HasSubstr("hangs on the clock"));
}

TEST_F(RealRedis, EveryWayToSetAnExpiryIsSeenHoweverItsClientSpeltIt) {
  const std::string payload = [] {
    RedisServer other;
    other.tell({"SET", "a", "1"});
    return other.tell({"DUMP", "a"});
  }();
  const std::vector<std::vector<std::string>> ways{
      {"pexpireat", "stock", "1"},
      {"set", "k", "1", "pxat", "1"},
      {"SETEX", "k", "1000", "1"},
      {"EXPIRE", "stock", "1000"},
      {"restore", "k", "1000", payload},
      {"GETEX", "stock", "PX", "1000"},
      {"EVAL", "return redis.call('SET','k','1','ex','900')", "0"}};
  for (const auto& way : ways) {
    RedisServer server;
    record_shop(server);
    if (way.front() == "set" || way.front() == "pexpireat") {
      // With a time that is over a live server deletes at once: the commands are as a client may
      // send them.
      std::string text = "*" + std::to_string(way.size()) + "\r\n";
      for (const std::string& word : way)
        text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
      server.stop();
      std::ofstream(server.commands(), std::ios::app | std::ios::binary) << text;
    } else {
      server.tell(way);
      server.stop();
    }
    const json verdict = replay(server.recording(), 125).at("verdict");
    EXPECT_THAT(verdict.at("reason").get<std::string>(), HasSubstr("hangs on the clock"))
        << way.front();
    EXPECT_EQ(verdict.at("step"), 10) << way.front();
  }
  RedisServer server;
  record_shop(server);
  server.tell({"RESTORE", "k", "0", payload});  // never expires
  server.tell({"RPUSH", "words", "a", "PXAT", "1"});
  server.stop();
  EXPECT_EQ(replay(server.recording(), 0).at("verdict").at("kind"), "clean");
}

TEST_F(RealRedis, ABaseWithKeysThatHaveExpiredByNowIsNotReplayed) {
  RedisServer server;
  server.tell(
      {"DEBUG", "SET-ACTIVE-EXPIRE", "0"});  // so that it is still there when the base is written
  server.tell({"SET", "session", "1", "PX", "1"});
  server.rewrite();
  server.tell({"SET", "stock", "10"});
  server.stop();
  const Ran ran = recrank("replay", server.recording());
  EXPECT_EQ(ran.status, 125) << ran.out;
  EXPECT_THAT(ran.out + ran.err, HasSubstr("keys of the base have expired by now"));
}

TEST_F(RealRedis, ATornLastCommandCountsForNothingAndADamagedOneCutsTheHistory) {
  RedisServer server;
  record_shop(server);
  server.stop();
  const std::string whole = text_of(server.commands());
  put(server.commands(), whole.substr(0, whole.size() - 3));
  // The digest of the whole file tells that more was there.
  EXPECT_THAT(replay(server.recording(), 125).at("verdict").at("reason").get<std::string>(),
              HasSubstr("behind its last whole command"));
  const fs::path digests = server.recording() / "digests";
  const std::string noted = text_of(digests);
  put(digests, noted.substr(0, noted.find('\n') + 1));
  const Ran torn = recrank("replay", server.recording());
  EXPECT_EQ(torn.status, 0) << torn.out << torn.err;
  EXPECT_THAT(torn.err, HasSubstr("its last transaction has no EXEC and is left out"));
  put(server.commands(), whole + "garbage\r\n");
  EXPECT_THAT(replay(server.recording(), 125).at("verdict").at("reason").get<std::string>(),
              HasSubstr("the evidence is damaged"));
  EXPECT_EQ(replay(server.recording(), 0, {"--to", "6"}).at("verdict").at("kind"), "clean");
}

std::string command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}

// Steps 10 to 13 behind those of the shop.
std::string transaction(const std::string& between) {
  return command({"MULTI"}) + command({"SET", "b", "1"}) + between + command({"EXEC"});
}

TEST_F(RealRedis, AnErrorWithinATransactionIsThatOfItsStep) {
  RedisServer server;
  record_shop(server);
  server.stop();
  const std::string whole = text_of(server.commands());
  put(server.commands(), whole + transaction(command({"LPUSH", "stock", "x"})));
  const json report = replay(server.recording(), 1);
  const json& verdict = report.at("verdict");
  EXPECT_EQ(verdict.at("field"), "result");
  EXPECT_EQ(verdict.at("step"), 12);
  EXPECT_THAT(verdict.at("got").get<std::string>(), HasSubstr("WRONGTYPE"));
  // As its reproducer has it: the transaction is carried out as far as the range goes.
  const json again = replay(server.recording(), 1, {"--to", "12"});
  EXPECT_EQ(again.at("verdict").at("step"), 12);
  EXPECT_EQ(replay(server.recording(), 0, {"--to", "11"}).at("verdict").at("kind"), "clean");
  put(server.commands(), whole + transaction(command({"LPUSH", "orders", "x"})));
  EXPECT_EQ(replay(server.recording(), 0).at("verdict").at("kind"), "clean");
}

TEST_F(RealRedis, WhatCannotStandInATransactionIsNotBlamedOnTheClock) {
  RedisServer server;
  record_shop(server);
  server.stop();
  const std::string whole = text_of(server.commands());
  for (const auto& words : std::vector<std::vector<std::string>>{{"SHUTDOWN"}, {"NONSENSE", "x"}}) {
    put(server.commands(), whole + transaction(command(words)));
    const json verdict = replay(server.recording(), 1).at("verdict");
    EXPECT_EQ(verdict.at("kind"), "diverged") << words[0];
    EXPECT_EQ(verdict.at("step"), 12) << words[0];
    EXPECT_THAT(verdict.at("got").get<std::string>(), HasSubstr("ERR")) << words[0];
  }
}

TEST_F(RealRedis, WhatAServerWithTimestampsAndAKilledRewriteLeavesIsReplayed) {
  RedisServer server;
  record_shop(server);
  server.tell({"CONFIG", "SET", "rdb-key-save-delay", "300000"});  // microseconds
  server.tell({"BGREWRITEAOF"});
  server.tell({"SET", "behind", "1"});
  server.die();
  size_t files = 0;
  for (const auto& each : fs::directory_iterator(server.recording())) {
    if (!each.path().string().ends_with(".incr.aof")) continue;
    ++files;
    // As aof-timestamp-enabled has it, once a second.
    put(each.path(), "#TS:1782605522\r\n" + text_of(each.path()));
  }
  EXPECT_EQ(files, 2U);
  fs::remove(server.recording() / "digests");  // their sizes are those without annotations
  const json report = replay(server.recording(), 0);
  EXPECT_EQ(report.at("verdict").at("kind"), "clean");
  EXPECT_GT(report.at("compared").at("steps"), 10);
}

TEST_F(RealRedis, IsInspectedComparedAndRefusedLikeAnyOtherRecording) {
  RedisServer one;
  RedisServer other;
  for (RedisServer* each : {&one, &other}) {
    each->tell({"SET", "a", "1"});
    each->tell({"INCR", "a"});
  }
  other.tell({"INCR", "a"});
  one.tell({"DECR", "a"});
  one.stop();
  other.stop();
  const Ran seen = recrank("inspect", one.recording().parent_path());
  EXPECT_EQ(seen.status, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("redis"));
  const Ran compared = recrank("compare", one.recording(), {other.recording().string()});
  EXPECT_EQ(compared.status, 1) << compared.out;
  EXPECT_THAT(compared.out, HasSubstr("DIFFERS at step 3, delivery"));
  // Without a digest every command's success is all that is compared.
  EXPECT_EQ(replay(one.recording(), 0).at("compared").at("results"), 4);
  fs::remove(one.commands());
  EXPECT_EQ(recrank("replay", one.recording()).status, 125);
}

}  // namespace replay_redis_real_test
}  // namespace recrank
