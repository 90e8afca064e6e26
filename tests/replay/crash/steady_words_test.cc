#include "replay/crash/steady_words.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace recrank {
namespace steady_words_test {

void expect_all(const std::vector<std::pair<const char*, const char*>>& cases) {
  for (const auto& [message, words] : cases) EXPECT_EQ(steady_words(message), words);
}

TEST(SteadyWords, APathFromARootIsItsBaseName) {
  expect_all({{"cannot open /srv/run-7/a.db", "cannot open a.db"},
              {"open '/tmp/x1/heap': no", "open 'heap': no"},
              {"open \"./data/heap\"", "open \"heap\""},
              {"at ../../x/b.js:3:4", "at b.js:#:#"},
              {"~/x/b", "b"},
              {"path=/var/lib/a", "path=a"},
              {"unix:/run/x.sock", "unix:x.sock"},
              {"(/$bunfs/root/server:15:1)", "(server:#:#)"},
              {"file:///srv/a.js", "file:a.js"},
              {"no directory /var/lib/", "no directory lib"}});
}

TEST(SteadyWords, ASlashWithinWordsIsNoPath) {
  expect_all({{"read/write error", "read/write error"},
              {"TCP/IP down", "TCP/IP down"},
              {"1/2 done", "#/# done"},
              {"N/A", "N/A"},
              {"and / or", "and / or"},
              {"crates/x/src/lib.rs: gone", "crates/x/src/lib.rs: gone"},
              {"application/json expected", "application/json expected"}});
}

TEST(SteadyWords, AnAddressOnTheWebStays) {
  expect_all({{"GET https://a.example:8443/v1/chat: 502", "GET https://a.example:#/v#/chat: #"},
              {"redis://localhost/0 refused", "redis://localhost/# refused"}});
}

TEST(SteadyWords, NumbersAddressesHashesAndIdentifiersAreOneSign) {
  expect_all({{"slot 0x7f1234 of 12", "slot # of #"},
              {"expected 1b0fa6b3e5b6a3a8, got c1ce7bdb89ff304f", "expected #, got #"},
              {"turn 123e4567-e89b-12d3-a456-426614174000 failed", "turn # failed"},
              {"beef cafe", "beef cafe"},
              {"defaced facade", "defaced facade"},
              {"x86_64 v1.2", "x#_# v#.#"}});
}

TEST(SteadyWords, OnlyTheFirstLineCountsAndIsShort) {
  EXPECT_EQ(steady_words("a\nb"), "a");
  EXPECT_LT(steady_words(std::string(1000, 'x')).size(), 160U);
  EXPECT_EQ(steady_words(""), "");
  EXPECT_EQ(steady_words("/"), "/");
}

}  // namespace steady_words_test
}  // namespace recrank
