#include "snapshot/secrets/secret_names.h"

#include <algorithm>

#include "snapshot/secrets/ascii.h"
#include "snapshot/secrets/pattern.h"

namespace recrank {
namespace {

// Of editors, package managers, compressors, rotation and people.
const RE2& backup_ending() {
  static const Pattern expression(
      R"re((?:~|\.~\d+~|\.(?:gz|xz|zst|bz2|lz4|lzma|br|z|gpg|asc|age|enc|sw[a-p]|tmp|temp|part|orig|original|)re"
      R"re(save\d*|saved|sav|prev|previous|rpmsave|rpmnew|rpmorig|dpkg-[a-z]+|ucf-[a-z]+|disabled|off|copy|)re"
      R"re(migrated|imported)|[-_. ]?(?:bak|backup|bkp|bck|old|copy)[-_.]?\d*|\.\d{1,3}| ?\(\d+\)| copy|)re"
      R"re([-_.@]?\d{4}[-_.]?\d{2}[-_.]?\d{2}(?:[-_t. ]?\d{2}[-_.:h]?\d{2}(?:[-_.:m]?\d{2})?[sz]?)?|)re"
      R"re([-_.@]\d{9,14})$)re");
  return expression;
}

const RE2& certain_file() {
  static const Pattern expression(
      R"re(identity\.bin|[._]netrc|\.pgpass|pgpass\.conf|\.my\.cnf|\.mylogin\.cnf|\.npmrc|\.pypirc|)re"
      R"re(\.git-credentials|\.htpasswd|\.?htpasswd|\.?htdigest|\.dockercfg|\.dockerconfigjson|\.s3cfg|\.boto|\.vault-token|)re"
      R"re(\.?rclone\.conf|\.terraformrc|terraform\.tfstate|\.?kubeconfig|\.passwd-s3fs|g?shadow-?|nodekey|)re"
      R"re(jwt\.hex|jwt-?secret(?:\.\w+)?|\.msmtprc|\.esmtprc|\.fetchmailrc|\.smbcredentials|secring\..*|)re"
      R"re(authorized_keys|id_(?:rsa|dsa|ecdsa|ed25519)(?:[-_.].*)?|ssh_host_.*_key|\.env.*|.*\.env|)re"
      R"re(.*\.(?:key|pem|p12|pfx|p8|pk8|pkcs12|jks|jceks|bks|keystore|ppk|kdbx?|keytab|agekey|priv|)re"
      R"re(privkey|pvk|secret|secrets|wallet|token|mnemonic|seed|vault-password)|)re"
      R"re(\.(?:[a-z0-9]+_history|histfile|zhistory|lesshst|viminfo|wget-hsts)|)re"
      R"re((?:ba|z|k|fi|c|tc|da|a)?sh_history|consolehost_history\.txt|)re"
      R"re((?:.*[-_.])?key|(?:.*[-_.])?token|(?:.*)(?:privkey|priv_key|privatekey|private_key|apikey))re");
  return expression;
}

const RE2& telling_word() {
  static const Pattern expression(
      "seed|mnemonic|secret|passphrase|password|passwd|credential|keystore|keyring|wallet|"
      "private[-_.]?key|priv[-_.]?key");
  return expression;
}

const RE2& secret_directory_name() {
  static const Pattern expression(
      R"re(\.ssh|\.gnupg|\.gpg|\.aws|\.kube|\.docker|\.azure|\.gcloud|gcloud|\.vault|\.putty|\.electrum|)re"
      R"re(\.password-store|\.pki|\.near-credentials|\.?secrets?|\.?credentials?|\.?wallets?|\.?keys?|)re"
      R"re(\.?keystores?|keyrings?(?:[-_].*)?|\.?passwords?|mnemonics?|seeds|)re"
      R"re((?:.*[-_.])?priv(?:ate)?[-_.]?keys?(?:[-_.].*)?|)re"
      R"re((?:validator|node|signing|ssh|tls|ssl|host|gpg|api|account|chia|deploy|server)s?[-_.]?keys?)re");
  return expression;
}

bool is_in(const RE2& expression, const std::string& name) {
  return RE2::FullMatch(name, expression);
}

// "node_key.json" is one as "node_key" is.
std::string stem_of(const std::string& name) { return name.substr(0, name.rfind('.')); }

}  // namespace

std::vector<std::string> names_without_backup_endings(std::string_view name) {
  std::vector<std::string> names;
  const auto add = [&](std::string one) {
    if (one.empty() || std::find(names.begin(), names.end(), one) != names.end()) return;
    names.push_back(std::move(one));
  };
  add(to_lower(name));
  for (size_t i = 0; i < names.size() && i < 100; ++i) {
    std::string one = names[i];
    if (one.size() > 2 && one.front() == '#' && one.back() == '#') {
      add(one.substr(1, one.size() - 2));
    }
    if (one.starts_with(".#")) add(one.substr(2));
    if (one.starts_with("copy of ")) add(one.substr(8));
    std::string shorter = one;
    if (RE2::Replace(&shorter, backup_ending(), "")) {
      add(shorter);
      if (shorter.starts_with(".")) add(shorter.substr(1));  // vim's .name.swp
    }
    // "node_key-2024-01-01.json", "wallet_backup.json".
    const std::string stem = stem_of(one);
    if (stem.size() < one.size()) {
      std::string inner = stem;
      if (RE2::Replace(&inner, backup_ending(), "")) add(inner + one.substr(stem.size()));
    }
  }
  return names;
}

std::optional<SecretName> secret_by_name(std::string_view name) {
  for (const std::string& file : names_without_backup_endings(name)) {
    const std::string stem = stem_of(file);
    const bool key = stem.ends_with("_key") || stem.ends_with("-key") || stem == "key" ||
                     stem.ends_with("privkey") || stem.ends_with("private_key");
    if (key || is_in(certain_file(), file)) return SecretName{"name-of-a-key", true};
    if (RE2::PartialMatch(file, telling_word())) return SecretName{"name-speaks-of-keys", false};
  }
  return std::nullopt;
}

std::optional<std::string> secret_directory(std::string_view name) {
  for (const std::string& directory : names_without_backup_endings(name)) {
    if (is_in(secret_directory_name(), directory)) return "directory-of-keys";
  }
  return std::nullopt;
}

bool is_configuration(std::string_view name) {
  static const Pattern expression(
      R"re((?:.*\.)?(?:conf|cfg|cnf|toml|json5?|jsonc|ya?ml|ini|inf|env|properties|props|service|socket|)re"
      R"re(timer|mount|container|override|xml|plist|tf|tfvars|hcl|nix|rc|config|cred|creds|auth|login|)re"
      R"re(desktop|reg|local|default|vars?)|.*config|\.?[\w-]+rc|dockerfile|compose.*|environment|\.env.*)re");
  for (const std::string& file : names_without_backup_endings(name)) {
    if (is_in(expression, file)) return true;
  }
  return false;
}

bool is_log_name(std::string_view name) {
  static const Pattern expression(
      R"re(.*\.(?:log|slog|out|err|jsonl|ndjson|trace|sst|wal|journal)|log|nohup\.out|stdout|stderr|)re"
      R"re(syslog|messages|journal)re");
  for (const std::string& file : names_without_backup_endings(name)) {
    if (is_in(expression, file)) return true;
  }
  return false;
}

}  // namespace recrank
