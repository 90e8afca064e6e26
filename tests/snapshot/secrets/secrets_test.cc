#include "snapshot/secrets/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "snapshot/secrets/leak_rules.h"
#include "snapshot/secrets/secret_settings.h"
#include "snapshot/secrets/stellar_seed.h"
#include "tests/support/snapshot/secret_plants.h"

namespace recrank {
namespace secrets_test {

using testing::Contains;
using testing::HasSubstr;
using testing_support::made_strkey;

TEST(SecretNames, LosesTheEndingsOfCopies) {
  for (const char* name :
       {"node.cfg", "node.cfg.bak", "node.cfg~", "node.cfg.old.gz", "node.cfg.1", ".node.cfg.swp",
        "node.cfg.2024-01-31", "node.cfg-20240131T1200Z.zst", "#node.cfg#", "node.cfg.~2~",
        "NODE.CFG.ORIG", "node-backup.cfg", "node.cfg (2)", "node.cfg.bak.bak.bak"}) {
    EXPECT_THAT(names_without_backup_endings(name), Contains("node.cfg")) << name;
  }
}

TEST(SecretNames, EvidenceIsNotTakenForASecret) {
  for (const char* name :
       {"mainnet.db", "mainnet.db-wal", "bucket-0a.xdr.gz", "account.bin", "data.mdb", "chain.slog",
        "00000000000000000011.bin", "app.ndjson", "monkey.json", "keyboard.log", "config.toml",
        "priv_validator_state.json", "meta.bin", "keys.d.ts.map"}) {
    EXPECT_FALSE(secret_by_name(name)) << name;
  }
  for (const char* name : {"data", "public_keys", "keyspace", "buckets", "state-sync"}) {
    EXPECT_FALSE(secret_directory(name)) << name;
  }
}

TEST(LeakRules, AreAllTakenByTheEngine) {
  EXPECT_NO_THROW(own_rules().compile());
  EXPECT_NO_THROW(gitleaks_rules().compile());
  EXPECT_GE(own_rules().size(), 25U);
  EXPECT_GE(gitleaks_rules().size(), 200U);
}

TEST(LeakRules, ThatAreNoneAreAnError) {
  EXPECT_THROW(LeakRules("[[rules", "x"), Error);
  EXPECT_THROW(LeakRules("title = 'x'", "x"), Error);
  const LeakRules bad("[[rules]]\nid='a'\nregex='('\nkeywords=['a']\n", "x");
  EXPECT_THROW((void)bad.find("a", TextKind::kOther, "f"), Error);
}

TEST(LeakRules, KnowEntropyAndExceptions) {
  const LeakRules rules(
      "[[rules]]\nid='a'\nregex='k-([a-z0-9]+)'\nentropy=2.0\nkeywords=['K-']\n"
      "[[rules.allowlists]]\nstopwords=['example']\n",
      "x");
  const auto finds = [&](const char* text) {
    return rules.find(text, TextKind::kOther, "f").has_value();
  };
  EXPECT_TRUE(finds("k-abcdefgh12"));
  EXPECT_FALSE(finds("k-aaaaaaaaaa"));
  EXPECT_FALSE(finds("k-abcdexample"));
  EXPECT_TRUE(finds("k-aaaaaaaaaa k-abcdexample k-abcdefgh12"));
  EXPECT_FALSE(finds("abcdefgh12"));
}

TEST(StellarSeed, IsKnownByItsChecksum) {
  const std::string seed = made_strkey(18 << 3, 5);
  ASSERT_EQ(seed.size(), 56U);
  EXPECT_EQ(seed.front(), 'S');
  EXPECT_EQ(find_stellar_seed("x " + seed + " y"), 2U);
  EXPECT_EQ(find_stellar_seed("ABC" + seed + "ABC"), 3U);
  std::string other = seed;
  other[20] = other[20] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(find_stellar_seed(other));
  EXPECT_FALSE(find_stellar_seed(made_strkey(6 << 3, 5)));
}

TEST(SecretSettings, AreFoundWithTheirLine) {
  const auto found = secret_by_content("a.yaml", "a: 1\nb:\n  password: hunter2\n", false);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->rule, "setting");
  EXPECT_EQ(found->line, 3U);
  EXPECT_THAT(found->why, HasSubstr("password"));
  EXPECT_EQ(secret_by_content("a.json", "{\n\"a\":1,\n\"db_password\":\n\"pw1\"}", false)->line,
            4U);
}

TEST(SecretSettings, AreNotLookedForInLogs) {
  EXPECT_TRUE(secret_by_content("a.conf", "token=abc\n", false));
  EXPECT_FALSE(secret_by_content("a.log", "token=abc\n", true));
}

// Whatever a file holds, looking at it ends, and soon.
TEST(Secrets, LookThroughHostileTextsQuickly) {
  const std::string deep = std::string(500'000, '[') + std::string(500'000, ']');
  const std::string keywords = [] {
    std::string text;
    while (text.size() < kSecretHeadBytes) text += "password=\"\" secret token key api akia ://:@ ";
    return text;
  }();
  const std::string quotes(kSecretHeadBytes, '"');
  const std::string colons(kSecretHeadBytes, ':');
  for (const std::string* text : {&deep, &keywords, &quotes, &colons}) {
    EXPECT_NO_THROW((void)secret_by_content("a.json", *text, false));
  }
}

}  // namespace secrets_test
}  // namespace recrank
