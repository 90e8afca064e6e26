// The files have the form that a server of version 7.0 writes (tests/e2e/replay_redis_real_test.cc
// reads those of a real one).
#include "snapshot/redis/redis_aof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/scratch_dir.h"

namespace recrank::redis {
namespace redis_aof_test {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kDigest(40, 'a');

std::string command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}
const std::string kSelect = command({"SELECT", "0"});
const std::string kSet = command({"SET", "a", "1"});
const std::string kMulti = command({"MULTI"});
const std::string kExec = command({"EXEC"});

class RedisDirectory : public testing::Test {
 protected:
  void SetUp() override { put("appendonly.aof.1.base.rdb", "REDIS"); }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(home_.path() / name, std::ios::binary) << text;
  }
  // Its files of commands, in their order.
  std::unique_ptr<Recording> opened(const std::vector<std::string>& logs,
                                    const std::string& digests = "") const {
    std::string manifest = "file appendonly.aof.1.base.rdb seq 1 type b\n";
    for (size_t i = logs.size(); i > 0; --i) {
      const std::string seq = std::to_string(i);
      put("appendonly.aof." + seq + ".incr.aof", logs[i - 1]);
      manifest += "file appendonly.aof." + seq + ".incr.aof seq " + seq + " type i\n";
    }
    put("appendonly.aof.manifest", manifest);
    if (!digests.empty()) put("digests", digests);
    return open_redis_aof(home_.path(), "shown");
  }
  static std::vector<std::string> summaries(const Recording& recording) {
    std::vector<std::string> all;
    const StepRange range = recording.subjects().front().held.front();
    const auto stream = recording.steps(recording.subjects().front().id, range);
    for (Step step; stream->next(step);) {
      std::string facts;
      for (const NamedFact& fact : step.facts) facts += "+" + std::string(fact.name);
      all.push_back(std::string(step.summary) + facts);
    }
    return all;
  }

  ScratchDir home_;
};

TEST_F(RedisDirectory, SeveralFilesOfCommandsAreOneHistoryInTheOrderOfTheManifest) {
  std::vector<std::string> logs(10, kSelect + kSet);
  logs[9] = kSelect + command({"SET", "b", "2"});  // the tenth sorts before the second by its name
  const auto recording = opened(logs);
  EXPECT_THAT(recording->info().notes, IsEmpty());
  const auto all = summaries(*recording);
  ASSERT_EQ(all.size(), 20U);
  EXPECT_EQ(all[18], "SELECT 0 ");
  EXPECT_EQ(all[19], "SET b 2 ");
}

TEST_F(RedisDirectory, WhenACommandWasWrittenIsNoCommand) {
  const std::string stamp = "#TS:1782605522\r\n";
  const std::string log = stamp + kSelect + kSet + stamp + kMulti + kSet + stamp + kExec;
  const auto recording =
      opened({log}, std::to_string(stamp.size() + kSelect.size()) + " " + kDigest + "\n");
  EXPECT_THAT(recording->info().notes, IsEmpty());
  EXPECT_THAT(summaries(*recording),
              ElementsAre("SELECT 0 +digest", "SET a 1 ", "MULTI ", "SET a 1 ", "EXEC "));
}

TEST_F(RedisDirectory, AnAnnotationIsNotTakenForOneWhereverItsBytesFall) {
  // More than is read at once, so that an annotation is cut somewhere.
  std::string log = kSelect;
  while (log.size() < 3 * 65536) log += "#TS:1782605522\r\n" + kSet;
  EXPECT_THAT(opened({log})->info().notes, IsEmpty());
  EXPECT_THAT(opened({kSelect + "#TS:17"})->info().notes,
              ElementsAre(HasSubstr("its last command is torn")));
}

TEST_F(RedisDirectory, ATransactionWithoutItsEndIsLeftOutAsTheServerDoes) {
  for (const std::string& rest : {std::string(), kSet.substr(0, 5)}) {
    const auto recording = opened({kSelect + kSet + kMulti + kSet + rest});
    EXPECT_THAT(recording->info().notes,
                ElementsAre(HasSubstr("its last transaction has no EXEC")));
    EXPECT_EQ(recording->subjects().front().held_count(), 2U);
  }
}

TEST_F(RedisDirectory, AnEarlierFileThatIsNotWholeIsDamage) {
  for (const std::string& cut : {kSet.substr(0, 5), kMulti + kSet}) {
    const auto recording = opened({kSelect + cut, kSelect + kSet});
    EXPECT_THAT(recording->verify({}).damage.at(0).what,
                HasSubstr("is not whole, and another file of commands follows"));
    EXPECT_LE(recording->subjects().front().held_count(), 3U);
  }
}

TEST_F(RedisDirectory, ADigestIsOfTheFileThatItNames) {
  const std::string at = " " + std::to_string(kSelect.size()) + " " + kDigest + "\n";
  const auto recording =
      opened({kSelect + kSet, kSelect + kSet}, "x/appendonly.aof.2.incr.aof" + at);
  EXPECT_THAT(recording->info().notes, IsEmpty());
  EXPECT_THAT(summaries(*recording),
              ElementsAre("SELECT 0 ", "SET a 1 ", "SELECT 0 +digest", "SET a 1 "));
}

// A size is that of a file that ended with a command then.
TEST_F(RedisDirectory, ADigestThatBelongsToNoCommandProvesThatCommandsAreLost) {
  const std::string log = kSelect + kSet + kMulti + kSet + kExec + kSet;
  const std::string first = std::to_string((kSelect + kSet).size()) + " " + kDigest + "\n";
  const std::vector<std::pair<size_t, std::string>> strays{
      {7, "where no command ends"},
      {(kSelect + kSet + kMulti).size(), "within a transaction"},
      {log.size() - 1, "where no command ends"},
      {log.size() + 5, "behind its end"}};
  for (const auto& [size, words] : strays) {
    const auto recording = opened({log}, first + std::to_string(size) + " " + kDigest + "\n");
    ASSERT_EQ(recording->verify({}).damage.size(), 1U) << size;
    EXPECT_THAT(recording->verify({}).damage[0].what, HasSubstr(words));
    // What the digest before it vouches for is held; nobody knows where the loss begins.
    EXPECT_EQ(recording->subjects().front().held_count(), size == 7 ? 0U : 2U) << size;
  }
  EXPECT_THAT(opened({log + kSet.substr(0, 9)}, std::to_string(log.size() + 9) + " " + kDigest)
                  ->verify({})
                  .damage.at(0)
                  .what,
              HasSubstr("behind its last whole command"));
}

TEST_F(RedisDirectory, ADigestOfNoFileThatIsThereIsToldAndALaterOneRefused) {
  const std::string digest = " " + std::to_string(kSelect.size()) + " " + kDigest + "\n";
  for (const std::string& line : {"appendonly.aof.0.incr.aof" + digest, "0 " + kDigest})
    EXPECT_THAT(opened({kSelect}, line)->info().notes,
                ElementsAre(HasSubstr("1 digest of a file")));
  // Without a name it could be of either.
  EXPECT_THAT(opened({kSelect, kSelect}, digest)->info().notes,
              ElementsAre(HasSubstr("1 digest of a file")));
  for (const char* name : {"appendonly.aof.9.incr.aof", "appendonly.aof.1.incr.aog"})
    EXPECT_THROW((void)opened({kSelect}, name + digest), Error) << name;
}

TEST_F(RedisDirectory, OneEndOfATransactionIsDamage) {
  for (const std::string& log :
       {kSelect + kMulti + kSet + kMulti + kSet + kExec, kSelect + kSet + kExec + kSet}) {
    const auto recording = opened({log});
    EXPECT_THAT(recording->verify({}).damage.at(0).what,
                HasSubstr("a transaction has one end only"));
  }
}

TEST_F(RedisDirectory, EveryByteOfACommandThatIsNoValueIsVouchedFor) {
  const std::string log = kSelect + kSet;
  const size_t value = log.size() - 3;
  for (size_t at = kSelect.size(); at < log.size(); ++at) {
    if (at == value || std::isupper(log[at]) != 0 || log[at] == 'a') continue;
    std::string changed = log;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const auto recording = opened({changed});
    EXPECT_TRUE(!recording->verify({}).damage.empty() ||
                recording->info().notes.size() == 1)  // its end is torn
        << "byte " << at;
  }
}

TEST_F(RedisDirectory, CommandsThatTheManifestDoesNotNameAreRefused) {
  put("appendonly.aof.7.incr.aof", "");  // a server that died before it named it
  EXPECT_THAT(opened({kSelect})->info().notes, IsEmpty());
  put("appendonly.aof.7.incr.aof", kSelect);
  try {
    (void)opened({kSelect});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("it does not name appendonly.aof.7.incr.aof"));
  }
}

TEST_F(RedisDirectory, ALineThatIsNoDigestIsNamed) {
  for (const char* line : {"23 ERR DEBUG command not allowed", "23", "23 abc", "x y"}) {
    try {
      (void)opened({kSelect}, std::string("23 ") + kDigest + "\n" + line + "\n");
      FAIL() << line;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("digests:2: "));
    }
  }
}

TEST_F(RedisDirectory, WithoutABaseOrItsCommandsIsRefused) {
  EXPECT_THROW((void)opened({}), Error);
  put("appendonly.aof.manifest", "file appendonly.aof.1.base.rdb seq 1 type b\nnonsense\n");
  EXPECT_THROW((void)open_redis_aof(home_.path(), "shown"), Error);
  fs::remove(home_.path() / "appendonly.aof.1.base.rdb");
  EXPECT_THROW((void)opened({kSelect}), Error);
}

}  // namespace redis_aof_test
}  // namespace recrank::redis
