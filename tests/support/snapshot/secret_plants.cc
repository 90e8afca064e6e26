#include "tests/support/snapshot/secret_plants.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace recrank::testing_support {
namespace {

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kBech32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kDigits = "0123456789";

// Looks random, and is the same each time.
std::string made(std::string_view alphabet, size_t size, uint64_t seed = 1) {
  std::string out;
  for (uint64_t state = seed * 7919 + 17; out.size() < size;) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    out += alphabet[(state >> 33) % alphabet.size()];
  }
  return out;
}
std::string any(size_t size, uint64_t seed = 1) { return made(kBase62, size, seed); }
std::string pem(const std::string& kind) {
  return "-----BEGIN " + kind + "-----\n" + any(64) + "\n" + any(64, 2) + "\n-----END " + kind +
         "-----\n";
}
std::string utf16(const std::string& text) {
  std::string out = "\xff\xfe";
  for (const char c : text) out += std::string(1, c) + '\0';
  return out;
}
std::string list(size_t count) {
  std::string out = "[";
  for (size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ",") + std::to_string(i * 37 % 256);
  return out + "]";
}

// A word a line, "1. legal".
std::string numbered(const std::string& words) {
  std::string out = "1. ";
  int line = 1;
  for (const char c : words) {
    if (c == ' ') out += "\n" + std::to_string(++line) + ". ";
    else out += c;
  }
  return out + "\n";
}

// A test vector of BIP 39.
const std::string kWords =
    "legal winner thank year wave sausage worth useful legal winner thank yellow";

}  // namespace

std::string made_strkey(unsigned version, unsigned fill) {
  std::array<uint8_t, 35> bytes{};
  bytes[0] = static_cast<uint8_t>(version);
  for (size_t i = 1; i < 33; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + fill);
  unsigned crc = 0;
  for (size_t i = 0; i < 33; ++i) {
    crc ^= static_cast<unsigned>(bytes[i]) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1) ^ 0x1021U : crc << 1;
  }
  bytes[33] = static_cast<uint8_t>(crc);
  bytes[34] = static_cast<uint8_t>(crc >> 8);
  std::string out;
  uint64_t held = 0;
  unsigned bits = 0;
  for (const uint8_t byte : bytes) {
    held = held << 8 | byte;
    for (bits += 8; bits >= 5;) {
      bits -= 5;
      out += kBase32[(held >> bits) & 31];
    }
  }
  return out;
}

std::vector<PlantedFile> secret_plants() {
  const std::string seed = made_strkey(18 << 3, 3);
  const std::string password = "hunter-" + any(8);
  const std::string key = any(40);
  const std::string b64 = any(43) + "=";
  const std::string name = "name-of-a-key";
  const std::string word = "name-speaks-of-keys";
  const std::string folder = "directory-of-keys";
  const std::string block = "recrank/private-key-block";
  return {
      // By name, also of copies that editors, packages, people and rotation make.
      {"identity.bin", "x1", name},
      {"identity.bin.bak", "x2", name},
      {"identity.bin~", "x3", name},
      {"identity.bin.old", "x4", name},
      {"identity.bin.orig", "x5", name},
      {".identity.bin.swp", "x6", name},
      {"identity.bin.save", "x7", name},
      {"identity.bin.1", "x8", name},
      {"identity.bin.2024-11-05", "x9", name},
      {"identity.bin-20241105.gz", "x10", name},
      {"identity_backup.bin", "x11", name},
      {"#identity.bin#", "x12", name},
      {"identity.bin (1)", "x13", name},
      {"node_key.json.bak", "{}", name},
      {"node_key-2024-01-01.json", "{ }", name},
      {"priv_validator_key.json.1700000000", "{  }", name},
      {"tls.key.dpkg-old", "x14", name},
      {"cert.pem.old", "x15", name},
      {"store.p12.bak", "x16", name},
      {"id_ed25519.bak", "x17", name},
      {"id_rsa_old", "x18", name},
      {".env.production.bak", "x19", name},
      {"prod.env", "x20", name},
      {".npmrc", "registry=x", name},
      {".my.cnf", "[client]", name},
      {".pgpass.save", "x21", name},
      {".netrc~", "x22", name},
      {".git-credentials", "x23", name},
      {".bash_history", "ls\n", name},
      {".zsh_history.1", "ls\n\n", name},
      {".psql_history", "select 1;\n", name},
      {"kubeconfig.yaml.bak/kubeconfig", "x24", name},
      {"nodekey", made(kHex, 64), name},
      {"jwt.hex", made(kHex, 64, 2), name},
      {"shadow-", "x25", name},
      {"my.ppk", "x26", name},
      {"store.kdbx", "x27", name},
      {"service.keytab", "x28", name},
      {"wallet.dat.old", "x29", word},
      {"wallet_backup_2024.dat", "x30", word},
      {"mnemonic-copy.txt", "x31", word},
      {"Passwords.txt~", "x32", word},
      // Directories named for keys.
      {".ssh/config", "Host a\n", folder},
      {".gnupg/random_seed", "y1", folder},
      {".aws/config", "y2", folder},
      {".kube/cache", "y3", folder},
      {".docker/config.json", "{   }", folder},
      {"keys/validator", "y4", folder},
      {"validator_keys/0", "y5", folder},
      {"keystore.bak/UTC--0", "y6", folder},
      {"keyring-file/a.info", "y7", folder},
      {"secrets/db", "y8", folder},
      {"wallets/one", "y9", folder},
      {"old/.ssh.old/known_hosts", "y10", folder},
      // Private keys under any name.
      {"notes-a.txt", pem("RSA PRIVATE KEY"), block},
      {"notes-b.txt", pem("OPENSSH PRIVATE KEY"), block},
      {"notes-c", pem("ENCRYPTED PRIVATE KEY"), block},
      {"notes-d.dump", pem("PGP PRIVATE KEY BLOCK"), block},
      {"binary.dat", std::string("\0\1\2", 3) + pem("EC PRIVATE KEY"), block},
      {"one-line.json",
       "{\"x\":\"" + std::string("-----BEGIN PRIV") + "ATE KEY-----\\n" + any(64) + "\"}", block},
      {"far-below.txt", std::string(200'000, ' ') + "\n" + pem("PRIVATE KEY"), block},
      {"ssh2.txt",
       "---- BEGIN SSH2 ENCRYPTED PRIV"
       "ATE KEY ----\n" +
           any(60),
       "recrank/ssh2-private-key"},
      {"putty.txt",
       "PuTTY-User-"
       "Key-File-3: ssh-ed25519\n" +
           any(60),
       "recrank/putty-key"},
      {"age.txt",
       "# created\nAGE-SECRET"
       "-KEY-1" +
           made(kBech32, 58) + "\n",
       "recrank/age-key"},
      {"minisign.txt",
       "untrusted comment: minisign encrypted sec"
       "ret key\n" +
           any(60),
       "recrank/minisign-key"},
      {"body.txt",
       "b3BlbnNzaC1r"
       "ZXktdjEAAAAA" +
           any(80),
       "recrank/openssh-key-body"},
      // Seeds and keys of chains.
      {"README.old.txt", "the node signs with " + seed + " for now\n", "recrank/stellar-seed"},
      {"blob.bin", std::string(100, '\0') + "ABC" + seed + std::string(9, '\0'),
       "recrank/stellar-seed"},
      {"stellar.cfg", "NODE_SEED=\"" + seed + " self\"\n", "recrank/stellar-seed"},
      {"windows.txt", utf16("seed " + seed + "\r\n"), "recrank/stellar-seed"},
      {"validator.json",
       R"({"priv_key":{"type":"tendermint/)"
       "PrivKeyEd25519\",\"value\":\"" +
           any(86) + "==\"}}",
       "recrank/tendermint-private-key"},
      {"hd.txt", "root xprv" + made(kBase58, 107) + "\n", "recrank/extended-private-key"},
      {"UTC--2024.json",
       R"({"crypto":{"cipher":"aes","cipherparams":{"iv":"0"},"ciphertext":"00"}})",
       "recrank/web3-keystore"},
      {"id.json", list(64), "recrank/solana-keypair"},
      {"words.md", kWords + "\n", "recrank/mnemonic"},
      {"words-below.txt", numbered(kWords), "recrank/mnemonic"},
      {"jwk.json",
       R"({"kty":"OKP","crv":"Ed25519","d":")" + any(43) + R"(","x":")" + any(43, 2) + "\"}",
       "recrank/jwk-private-part"},
      // Settings, in every syntax.
      {"nested.json", R"({"a":{"b":{"db":{"password":")" + password + "\"}}}}", "setting"},
      {"inherited.json", R"({"credentials":{"main":{"value":")" + password + "\"}}}", "setting"},
      {"next-line.json", "{\n  \"apiKey\":\n    \"" + key + "\"\n}\n", "setting"},
      {"pairs.json", R"([{"name":"DB_PASSWORD","value":")" + password + "\"}]", "setting"},
      {"damaged.json", "{\"a\":1,,\"token_secret\": \"" + key + "\"", "setting"},
      {"list.yaml", "auth:\n  secrets:\n    - " + key + "\n", "setting"},
      {"flat-list.yml", "api_keys:\n- " + key + "\n", "setting"},
      {"block.yaml", "password: |-\n  " + password + "\n", "setting"},
      {"flow.yaml", "db: {host: a, password: " + password + "}\n", "setting"},
      {"environment.yaml", "env:\n  - name: API_SECRET\n    value: " + key + "\n", "setting"},
      {"array.toml", "[rpc]\nauth_keys = [\n  \"" + key + "\",\n]\n", "setting"},
      {"section.ini", "[credentials]\nvalue = " + password + "\n", "setting"},
      {"camel.properties", "client.privateKey=" + key + "\n", "setting"},
      {"wg0.conf", "[Interface]\nPrivateKey = " + b64 + "\n", "setting"},
      {"prose.txt", "login for the box\nuser: bob\npassword: " + password + "\n", "setting"},
      {"prose-next-line.txt", "the admin\nPassword:\n" + password + "\n", "setting"},
      {"config.toml.old", "[db]\npassword = '" + password + "'\n",
       "recrank/assignment-with-secret"},
      {"client.cnf", "[client]\nuser=a\npassword=" + password + "\n",
       "recrank/assignment-with-secret"},
      {"unit.service", "[Service]\nEnvironment=\"A=1\" \"DB_PASSWORD=" + password + "\"\n",
       "recrank/variable-with-secret"},
      {"bare.service", "[Service]\nEnvironment=TOKEN=abc\n", "setting"},
      {"exec.service", "[Service]\nExecStart=/usr/bin/n --rpc-password=" + password + "\n",
       "recrank/option-with-secret"},
      {"start.sh", "exec node --api-key '" + key + "' --port 1\n", "recrank/option-with-secret"},
      {"args.yaml", "args: [\"--auth-token\", \"" + key + "\"]\n", "recrank/option-with-secret"},
      {"run-me", "export AWS_SECRET_ACCESS_KEY=" + key + "\n", "recrank/variable-with-secret"},
      {"typed.txt", "mysql -u root -p" + password + " db\n", "recrank/command-with-password"},
      {"typed-2.txt", "curl -u bob:" + password + " host\n", "recrank/command-with-password"},
      {"typed-3.txt", "sshpass -p " + password + " ssh a\n", "recrank/command-with-password"},
      {"redis.conf", "requirepass " + password + "\n", "recrank/directive-with-secret"},
      {"db-url.txt", "see postgres://app:" + password + "@db/x\n", "recrank/address-with-password"},
      {"libpq.txt", "host=db user=app password=" + password + "\n", "recrank/connection-string"},
      {"ado.config", "Server=a;Database=b;User Id=c;Pwd=" + password + ";\n",
       "recrank/connection-string"},
      {"npm-copy.txt",
       "//registry.example/:_auth"
       "Token=" +
           key + "\n",
       "recrank/npm-authority"},
      {"net.txt", "machine a login b password " + password + "\n", "recrank/netrc"},
      {"pg.txt", "db:5432:*:app:" + password + "\n", "recrank/pgpass"},
      {"settings.xml", "<server><password>" + password + "</password></server>\n",
       "recrank/xml-secret"},
      {"call.http", "Authorization: Bearer " + key + "\n", "recrank/authorization-header"},
      {"passwd-copy.txt", "root:x:0:0::/root:/bin/sh\n", word},
      {"users.txt", "root:$6$salt1234$" + any(86) + ":1::::\n", "recrank/password-hash"},
      {"manifest.yaml", "apiVersion: v1\nkind: Secret\ndata:\n  a: " + b64 + "\n",
       "recrank/kubernetes-secret"},
      {"group_vars",
       "$ANSIBLE"
       "_VAULT;1.1;AES256\n" +
           made(kDigits, 80),
       "recrank/ansible-vault"},
      {"mounts", "//a/b /c cifs username=a,password=" + password + " 0 0\n",
       "recrank/assignment-with-secret"},
      {"told.md", "The root password is: " + password + "\n", "recrank/told-secret"},
      {"wp-config.php", "define('DB_PASSWORD', '" + password + "');\n", "recrank/defined-secret"},
      {"roles.sql", "ALTER ROLE app WITH PASSWORD '" + password + "';\n", "recrank/sql-password"},
      {"bitcoin.conf", "rpcuser=a\nrpcauth=a:" + made(kHex, 32) + "$" + made(kHex, 64) + "\n",
       "setting"},
      {"htdigest", "a:b:" + made(kHex, 32), name},
      // Tokens that somebody gives out.
      {"aws.txt",
       "id AK"
       "IA" +
           made("ABCDEFGHIJKLMNPQRSTUVWXYZ234567", 16) + "\n",
       "gitleaks/aws-access-token"},
      {"github.txt",
       "gh"
       "p_" +
           any(36) + "\n",
       "gitleaks/github-pat"},
      {"gitlab.txt",
       "gl"
       "pat-" +
           any(20) + "\n",
       "gitleaks/gitlab-pat"},
      {"slack.txt",
       "xo"
       "xb-" +
           made(kDigits, 12) + "-" + made(kDigits, 12, 2) + "-" + any(24) + "\n",
       "gitleaks/slack-bot-token"},
      {"jwt.txt", "ey" + any(40) + ".ey" + any(60) + "." + any(43) + "\n", "gitleaks/jwt"},
      {"npm.txt",
       "npm"
       "_" +
           made("0123456789abcdefghijklmnopqrstuvwxyz", 36) + "\n",
       "gitleaks/npm-access-token"},
      {"stripe.txt",
       "sk"
       "_live_" +
           any(24) + "\n",
       "gitleaks/stripe-access-token"},
      {"gcp.txt",
       "AI"
       "za" +
           any(35) + "\n",
       "gitleaks/gcp-api-key"},
      // Whatever equals something that was left out.
      {"innocent-name.txt", "y8", "equal-to-a-secret"},
      {"another/copy.dat", "x27", "equal-to-a-secret"},
  };
}

std::vector<PlantedFile> harmless_files() {
  const std::string hash = made(kHex, 64);
  const std::string b64 = any(43) + "=";
  return {
      {"chain.slog",
       R"({"time":1,"type":"create-vat","vatID":"v1","vatSourceBundle":{"source":"const password = 'x'; let secret = tokens[1];"}})"
       "\n",
       ""},
      {"henyey.log", "INFO closed ledger 5 token bucket refilled\n", ""},
      {"daemon.log.1", "the password of user bob was changed\n", ""},
      {"app.ndjson",
       R"({"kind":"key","value":1})"
       "\n",
       ""},
      {"mainnet.db", "SQLite format 3" + std::string(85, '\0'), ""},
      {"data.mdb", std::string(64, '\1'), ""},
      {"bucket-0a.xdr.gz", "\x1f\x8b" + any(100), ""},
      {"000001.sst", std::string(40, '\0') + any(200), ""},
      {"meta.bin", std::string(16, '\0'), ""},
      {"account.bin", std::string(17, '\2'), ""},
      {"chain-height", "12345\n", ""},
      {"app_hash", hash + "\n", ""},
      {"state-hash.txt", "state hash " + hash + "\n", ""},
      {"block-hash.txt", b64 + "\n", ""},
      {"sums.sha256", hash + "  mainnet.db\n" + made(kHex, 64, 2) + "  henyey.log\n", ""},
      {"long-identifier.txt", "board0371-" + any(90) + "\n", ""},
      {"published.txt", "issuer " + made_strkey(6 << 3, 1) + "\n", ""},
      {"no-checksum.txt", "S" + made(kBase32, 55) + " has no checksum\n", ""},
      {"public.asc",
       "-----BEGIN PGP PUBLIC KEY BLOCK-----\n" + any(64) +
           "\n-----END PGP PUBLIC KEY BLOCK-----\n",
       ""},
      {"chain.crt", "-----BEGIN CERTIFICATE-----\n" + any(64) + "\n-----END CERTIFICATE-----\n",
       ""},
      {"host.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + any(43) + " root@host\n", ""},
      {"genesis.json",
       R"({"validators":[{"address":")" + made(kHex, 40) +
           R"(","pub_key":{"type":"tendermint/PubKeyEd25519","value":")" + b64 +
           R"("},"power":"10"}],"consensus_pubkey":{"@type":"/cosmos.crypto.ed25519.PubKey","key":")" +
           b64 + R"("},"app_hash":")" + hash + "\"}",
       ""},
      {"staking.json",
       R"({"validators":[{"tokens":"1000000","delegator_shares":"1.0"}],"bond_token":"ubld","token_pairs":[]})",
       ""},
      {"events.json",
       R"({"attributes":[{"key":"sender","value":"agoric1)" +
           made("023456789acdefghjklmnpqrstuvwxyz", 38) +
           R"("},{"key":"amount","value":"5ubld"}]})",
       ""},
      {"config.toml",
       "moniker = \"node\"\npriv_validator_key_file = "
       "\"config/priv_validator_key.json\"\nnode_key_file = \"config/node_key.json\"\nseeds = \"" +
           made(kHex, 40) + "@seed.example:26656\"\nauth_token_timeout = \"10s\"\n",
       ""},
      {"app.toml", "[api]\nenable = true\naddress = \"tcp://0.0.0.0:1317\"\nmax-tokens = 4096\n",
       ""},
      {"stellar-public.cfg",
       "NETWORK_PASSPHRASE=\"Public Global Stellar Network ; September "
       "2015\"\n[[VALIDATORS]]\nPUBLIC_KEY=\"" +
           made_strkey(6 << 3, 2) + "\"\nDATABASE=\"sqlite3://stellar.db\"\n",
       ""},
      {"references.yaml",
       "password: ${DB_PASSWORD}\ntoken: <your-token>\nsecret: null\napi_key: \"\"\n", ""},
      {"commented.conf", "# password = \"x\"\nport = 1\n", ""},
      {"plain.service",
       "[Service]\nEnvironment=RUST_LOG=info\nExecStart=/usr/bin/henyey --password-file /run/pw\n",
       ""},
      {"tuning.ini",
       "[cache]\nkey_buffer_size = 16M\nsort_keys = true\nprimary_key = "
       "ledger_sequence\npassword_min_length = 8\n",
       ""},
      {"compose.yaml",
       "services:\n  node:\n    image: henyey:26\n    ports:\n      - \"11626:11626\"\n", ""},
      {"address.txt", "see https://db.example/a:b@c and ssh://git@host:22/x\n", ""},
      {"notes.txt", "We lost the password last week; the token bucket is 5, key: none\n", ""},
      {"upgrade-info.json", R"({"name":"upgrade-18","height":"1234567","info":"key rotation"})",
       ""},
      {"package.json",
       R"({"name":"x","keywords":["secret","token"],"author":"a","dependencies":{"keyv":"1.0.0"}})",
       ""},
      {"keyboard.log", "key pressed\n", ""},
      {"monkey.json", R"({"monkey":"banana"})", ""},
      {"author.toml", "author = \"A. Keyes\"\nauthority = \"none\"\n", ""},
      {"math.js", "const token = nextToken(); let key = map.keys; password = form.password;\n", ""},
      {"call.py", "login(user=user, password=password, token=self.token)\n", ""},
      {"prose.md", "The password is required. A token was sent; the secret is safe.\n", ""},
      {"types.ts", "interface A { token: string; password?: string; key: Uint8Array }\n", ""},
      {"trace.txt", "#0 fxNewParserChunk at xsParse.c:101\n#1 0x7fe21a70618b in key_compare ()\n",
       ""},
      {"priv_validator_state.json",
       R"({"height":"5","round":0,"step":3,"signature":")" + any(86) + "==\"}", ""},
      {"addresses.csv", "0x" + made(kHex, 40) + ",1\n", ""},
      {"export-manifest.json", R"({"blockHeight":10,"data":"export-data.jsonl","artifacts":[]})",
       ""},
      {"export-data.jsonl",
       R"(["kv.host.key","value"])"
       "\n",
       ""},
      {"license.txt",
       "Permission is hereby granted, free of charge, to any person obtaining a copy\nof this "
       "software\n",
       ""},
      {"words.txt", "legal winner thank year wave sausage worth useful legal winner thank year\n",
       ""},
      {"log-like.txt", "ledger closed key merge token hash peer state bucket ledger closed key\n",
       ""},
      {"empty", "", ""},
      {"keys.d.ts.map", "{\"version\":3}", ""},
      {"tokenizer.json", R"({"tokenizer":"bpe","vocab":{"key":5,"the":6}})", ""},
  };
}

std::vector<PlantedFile> suspicious_evidence() {
  const std::string seed = made_strkey(18 << 3, 9);
  return {
      {"node.log", "INFO a\nWARN seed " + seed + "\n", "recrank/stellar-seed"},
      {"wallet.slog",
       R"({"time":1,"type":"import-kernel-start"})"
       "\n",
       "name-speaks-of-keys"},
      {"vat.slog",
       R"({"time":1,"type":"import-kernel-start"})"
       "\n{\"x\":\"gh"
       "p_" +
           any(36) + "\"}\n",
       "gitleaks/github-pat"},
      {"dump.out", pem("PRIVATE KEY"), "recrank/private-key-block"},
  };
}

}  // namespace recrank::testing_support
