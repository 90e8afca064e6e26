#include "snapshot/capture/capture_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace recrank {
namespace capture_rules_test {

using testing::HasSubstr;

TEST(CaptureRules, KeysAndSeedsAreLeftOutByTheirNames) {
  for (const char* name :
       {"identity.bin", "node.seed", "SEED", "validator_seed.txt", "tls.key", "cert.pem", "id_rsa",
        "id_ed25519.pub", "mnemonic.txt", "priv_validator_key.json", "node_key.json", "key", ".env",
        ".env.local", "wallet.dat", "my-passwords", "keyring.db"}) {
    EXPECT_TRUE(secret_by_name(name)) << name;
  }
}

TEST(CaptureRules, EvidenceIsNotTakenForASecret) {
  for (const char* name :
       {"mainnet.db", "mainnet.db-wal", "bucket-0a.xdr.gz", "account.bin", "data.mdb", "chain.slog",
        "00000000000000000011.bin", "app.ndjson", "monkey.json", "keyboard.log", "config.toml",
        "priv_validator_state.json", "meta.bin"}) {
    EXPECT_FALSE(secret_by_name(name)) << name;
  }
}

TEST(CaptureRules, AConfigurationWithASecretIsLeftOutAndTheSettingNamed) {
  EXPECT_THAT(*secret_by_content("node.conf", "# c\nNODE_SEED = \"x\"\n"), HasSubstr("NODE_SEED"));
  EXPECT_THAT(*secret_by_content("a.toml", "[db]\npassword='x'\n"), HasSubstr("password"));
  EXPECT_THAT(*secret_by_content("a.json", R"({"db":{"port":1,"api_key":"k"}})"),
              HasSubstr("api_key"));
  EXPECT_THAT(*secret_by_content("a.yaml", "url: postgres://u:pw@h/db\n"), HasSubstr("url"));
  EXPECT_THAT(*secret_by_content("x.service", "Environment=TOKEN=abc\n"), HasSubstr("TOKEN"));
  const std::string seed = "S" + std::string(55, 'A');
  EXPECT_THAT(*secret_by_content("a.cfg", "node = \"" + seed + " self\"\n"), HasSubstr("seed"));
}

TEST(CaptureRules, AConfigurationWithoutOneIsKept) {
  EXPECT_FALSE(secret_by_content("a.toml", "# password = \"x\"\nport = 1\n"));
  EXPECT_FALSE(secret_by_content("a.toml", "network_passphrase = \"Test SDF Network\"\n"));
  EXPECT_FALSE(secret_by_content("a.toml", "password = \"\"\ntoken = null\n"));
  EXPECT_FALSE(secret_by_content("genesis.json", R"({"pub_key":{"type":"x"}})"));
  // A public key of Stellar, and a word that only begins like a seed.
  EXPECT_FALSE(secret_by_content("a.cfg", "v = \"G" + std::string(55, 'A') + "\"\n"));
  EXPECT_FALSE(secret_by_content("a.cfg", "v = \"S" + std::string(60, 'A') + "\"\n"));
  // Logs are evidence; what they hold is not looked through.
  EXPECT_FALSE(secret_by_content("a.log", "token=abc\n"));
}

TEST(CaptureRules, APrivateKeyIsFoundUnderAnyName) {
  EXPECT_TRUE(secret_by_content("notes.txt", "x\n-----BEGIN OPENSSH PRIVATE KEY-----\n"));
  EXPECT_FALSE(secret_by_content("notes.txt", "-----BEGIN PUBLIC KEY-----\n"));
}

TEST(CaptureRules, WholeDirectoriesOfKeysAreLeftOut) {
  EXPECT_TRUE(secret_directory("keyring-file"));
  EXPECT_TRUE(secret_directory(".ssh"));
  EXPECT_FALSE(secret_directory("data"));
}

}  // namespace capture_rules_test
}  // namespace recrank
