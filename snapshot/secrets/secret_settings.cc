#include "snapshot/secrets/secret_settings.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/secret_setting.h"
#include "snapshot/secrets/leak_rules.h"
#include "snapshot/secrets/pattern.h"

namespace recrank {
namespace {

enum class Word {
  kNone,
  kPublic,  // says that everybody may know it
  kWeak,    // a key of what? Only a value that looks random counts
  kToken,
  kStrong,
};

bool is(std::string_view text, const RE2& expression) {
  return RE2::FullMatch({text.data(), text.size()}, expression);
}

// "nodeSeed", "node-seed" and "node.seed" are NODE_SEED.
std::string upper_words(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool small = c >= 'a' && c <= 'z';
    const bool big = c >= 'A' && c <= 'Z';
    const bool after_small = i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (big && after_small) out += '_';
    if (small) out += static_cast<char>(c - 'a' + 'A');
    else out += big || (c >= '0' && c <= '9') ? c : '_';
  }
  return out;
}

Word word_of(std::string_view name) {
  static const Pattern known(
      R"re(NETWORK_?PASSPHRASE|OLDPWD|PWD|TOKENS|.*_TOKENS|TOKENIZER.*|SEEDS|SEED_?(?:NODES?|PEERS?|MODE)|)re"
      R"re(RANDOM_?SEED|KEYBOARD.*|COOKIE_?(?:NAME|DOMAIN|SECURE|MAX_AGE)|KEY_?WORDS?|)re"
      R"re(.*(?:PRIMARY|FOREIGN|PARTITION|SORT|INDEX|CACHE|SORTED|ROUTING|STORE|HOT)_KEYS?|)re"
      R"re(AUTHORS?|AUTHORITY|AUTHORITIES|AUTHENTICATION|AUTHORIZATION_?ENDPOINT|)re"
      R"re((?:FEE|BOND|STAKING|GAS|NATIVE|CHAIN|LP|BASE|QUOTE)_?TOKEN|TOKEN_?(?:PAIRS?|SYMBOL|NAME|DENOM|CONTRACT|ADDRESS))re");
  static const Pattern open(R"re(PUB.*|.*(?:PUBKEY|PUBLIC|PUB_KEY|PUBLICKEY).*|.*FINGERPRINT.*)re");
  // What is said of a secret is none.
  static const Pattern about(
      R"re(.*_(?:LENGTH|LEN|TTL|TIMEOUT|EXPIRY|EXPIRES?(?:_IN|_AT)?|EXPIRATION|COUNT|SIZE|BITS|TYPE|ALGORITHM|ALG|)re"
      R"re(ALGO|POLICY|ENABLED?|DISABLED?|REQUIRED?|URL|URI|URLS|ENDPOINT|ISSUER|HEADER|AGE|PREFIX|PATTERN|FORMAT|)re"
      R"re(VERSION|MODE|PROVIDER|ROTATION|INTERVAL|MIN|MAX|RETRIES|ID_FIELD|USAGE|NAME))re");
  static const Pattern strong(
      R"re(.*(?:PASSW|PASSPHRASE|PASSCODE|SECRET|CREDENTIAL|MNEMONIC|PRIV_?KEY|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY|)re"
      R"re(AUTH_?TOKEN|ACCESS_?TOKEN|REFRESH_?TOKEN|ID_?TOKEN|BEARER|AUTH_?KEY|SIGNING_?KEY|ENCRYPTION_?KEY|)re"
      R"re(CLIENT_?KEY|SERVER_?KEY|HMAC_?KEY|MASTER_?KEY|SSH_?KEY|TLS_?KEY|NODE_?KEY|VALIDATOR_?KEY|SEED_?PHRASE).*|)re"
      R"re((?:.*_)?(?:PASS|PW|PWD|RPCAUTH|PASSWD|SEED|PSK|PIN|REQUIREPASS|MASTERAUTH|_?AUTHTOKEN|COOKIE|PRIVKEY|XPRV|WIF))re");
  const std::string upper = upper_words(name);
  if (is(upper, known) || is(upper, about)) return Word::kNone;
  if (is(upper, open)) return Word::kPublic;
  if (is(upper, strong)) return Word::kStrong;
  if (!is_secret_setting(upper, "")) return Word::kNone;
  return upper.find("TOKEN") != upper.npos ? Word::kToken : Word::kWeak;
}

// Nothing, or what stands for the secret or leads to it.
bool is_no_value(std::string_view value) {
  static const Pattern expression(
      R"re((?i)|null|nil|none|~|true|false|yes|no|on|off|undefined|unset|empty|n/a|-+|\.+|\*+|x+|string|bytes?|)re"
      R"re(number|boolean|object|optional|required|redacted|\[redacted\]|<[^<>]*>|\$.*|%[A-Za-z_]+%|\{\{.*|\[\]|\{\}|)re"
      R"re((?:\.{0,2}|~)/[^\s:@]*|file:.*|env:.*|vault:.*|https?://[^@\s]*|[\w.-]+(?:/[\w.-]+)+\.\w{2,8}|)re"
      R"re([\w-]+\.(?:pem|key|crt|cert|json|txt|ya?ml|toml|env|conf))re");
  return is(value, expression) || gitleaks_rules().is_placeholder(value);
}

bool is_number(std::string_view value) {
  static const Pattern expression(
      R"re([-+]?[0-9][0-9_.,]*\s*(?:ms|us|ns|s|m|h|d|w|[kKMGT]?i?[bB])?)re");
  return is(value, expression);
}

// What everybody may know: addresses, public keys.
bool is_open_value(std::string_view value) {
  static const Pattern expression(
      R"re(G[A-Z2-7]{55}|0x[0-9a-fA-F]{40}|[a-z]{1,20}1[02-9ac-hj-np-z]{38,90}|ssh-[a-z0-9-]+ .*|age1[02-9ac-hj-np-z]+|)re"
      R"re([xyz]pub.*|-----BEGIN (?:PUBLIC KEY|CERTIFICATE).*)re");
  return is(value, expression);
}

bool looks_random(std::string_view value) {
  static const Pattern words(R"re([A-Za-z]+[0-9]{0,3}(?:[_./:@ -]+[A-Za-z]*[0-9]{0,3})*)re");
  constexpr size_t kBytesMin = 12;
  if (value.size() < kBytesMin || value.find(' ') != value.npos) return false;
  if (is(value, words) || is_number(value)) return false;
  return std::set<char>(value.begin(), value.end()).size() >= 8;
}

// In a program or in prose: "password = read(x)", "the password: see the wiki".
bool looks_like_code(const Setting& setting) {
  static const Pattern code(
      R"re([A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)+;?|[A-Za-z_]+|.*[()\[\]{}|<>\s].*)re");
  return !setting.quoted && is(setting.value, code);
}

bool value_counts(const Setting& setting, Word word, bool configuration) {
  const std::string& value = setting.value;
  if (is_no_value(value) || is_open_value(value)) return false;
  constexpr size_t kShortest = 6;  // of a password in a text that is no configuration
  switch (word) {
    case Word::kStrong:
      return configuration || (value.size() >= kShortest && !looks_like_code(setting) &&
                               value.find(' ') == value.npos);
    case Word::kToken:
      return !is_number(value) && (configuration && !setting.json ? true : looks_random(value));
    case Word::kWeak: return looks_random(value);
    case Word::kPublic:
    case Word::kNone: break;
  }
  return false;
}

class Judge {
 public:
  explicit Judge(bool configuration) : configuration_(configuration) {}

  bool is_secret(const Setting& setting) {
    if (setting.names.empty()) return false;
    Word word = word_by_name(setting.names.back());
    if (word == Word::kPublic) return false;
    for (size_t i = 0; i + 1 < setting.names.size(); ++i) {
      const Word outer = word_by_name(setting.names[i]);
      if (outer == Word::kPublic && word != Word::kStrong) return false;
      // Below "secrets:" every value counts, below "keys:" one that looks random.
      if (outer > word && outer != Word::kPublic)
        word = outer == Word::kToken ? Word::kWeak : outer;
    }
    return value_counts(setting, word, configuration_);
  }

 private:
  Word word_by_name(const std::string& name) {
    const auto known = words_.find(name);
    return known != words_.end() ? known->second : words_[name] = word_of(name);
  }

  bool configuration_;
  std::unordered_map<std::string, Word> words_;  // the same few names come again and again
};

}  // namespace

std::optional<SecretSetting> find_secret_setting(std::string_view text, bool configuration) {
  std::optional<SecretSetting> found;
  Judge judge(configuration);
  visit_settings(text, [&](const Setting& setting) {
    if (judge.is_secret(setting)) found = SecretSetting{setting.names.back(), setting.offset};
    return found.has_value();
  });
  return found;
}

}  // namespace recrank
