#include "snapshot/capture/capture_rules.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/secret_setting.h"
#include "base/text.h"

namespace recrank {
namespace {

using namespace std::string_view_literals;

// A private key in PEM or OpenSSH form stands near the top of its file.
constexpr size_t kKeyHeadBytes = size_t{64} << 10;
constexpr size_t kStellarSeedDigits = 56;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_configuration(const std::string& name) {
  constexpr std::array kEndings{".conf"sv, ".cfg"sv, ".toml"sv, ".json"sv,       ".yaml"sv,
                                ".yml"sv,  ".ini"sv, ".env"sv,  ".properties"sv, ".service"sv};
  return name == "config" || name.starts_with(".env") ||
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string_view trimmed(std::string_view text, std::string_view of) {
  const size_t first = text.find_first_not_of(of);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(of) + 1 - first);
}

// "name = value", "name: value", "\"name\": value", with or without export.
std::optional<std::string> secret_setting_of(std::string_view line) {
  line = trimmed(line, " \t\r{},");
  if (line.starts_with("export ")) line.remove_prefix(7);
  if (line.starts_with("Environment=")) line.remove_prefix(12);
  if (line.empty() || line.front() == '#' || line.front() == ';') return std::nullopt;
  const size_t mark = line.find_first_of("=:");
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view name = trimmed(line.substr(0, mark), " \t\"'");
  const std::string_view value = trimmed(line.substr(mark + 1), " \t\"',");
  const bool plain = name.find_first_of(" \t\"") == std::string_view::npos;
  if (lower(name).starts_with("pub")) return std::nullopt;  // pub_key: everybody may know it
  constexpr std::array kNothing{""sv, "null"sv, "true"sv, "false"sv, "[]"sv, "{}"sv, "["sv, "{"sv};
  const bool empty = std::find(kNothing.begin(), kNothing.end(), value) != kNothing.end();
  if (!plain || name.empty() || empty || !is_secret_setting(name, value)) return std::nullopt;
  return "its setting " + printable(name, 60) + " looks secret";
}

// Stellar's form of a secret seed: S and 55 more digits of base32.
bool holds_stellar_seed(std::string_view text) {
  size_t run = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\0';
    const bool digit = (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
    if (digit) {
      ++run;
      continue;
    }
    const bool word_goes_on = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (run == kStellarSeedDigits && text[i - run] == 'S' && !word_goes_on) return true;
    run = 0;
  }
  return false;
}

// "node_key.json", "priv_validator_key.json", "x.key", but not "monkey.json".
bool is_named_key(const std::string& name) {
  const std::string stem = name.substr(0, name.rfind('.'));
  for (const std::string& word : {name, stem}) {
    if (word == "key") return true;
    if (word.ends_with("_key") || word.ends_with("-key") || word.ends_with(".key")) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> secret_by_name(std::string_view name) {
  const std::string file = lower(name);
  constexpr std::array kExact{"identity.bin"sv, ".netrc"sv, ".pgpass"sv, "authorized_keys"sv};
  constexpr std::array kStarts{"id_rsa"sv, "id_dsa"sv, "id_ecdsa"sv, "id_ed25519"sv, ".env"sv};
  constexpr std::array kParts{"seed"sv,       "mnemonic"sv, "secret"sv,
                              "passphrase"sv, "password"sv, "credential"sv,
                              "keystore"sv,   "keyring"sv,  "wallet"sv};
  constexpr std::array kEndings{".key"sv, ".pem"sv, ".p12"sv, ".pfx"sv, ".jks"sv};
  const auto is = [&](std::string_view each) { return file == each; };
  const auto begins = [&](std::string_view each) { return file.starts_with(each); };
  const auto holds = [&](std::string_view each) { return file.find(each) != std::string::npos; };
  const auto ends = [&](std::string_view each) { return file.ends_with(each); };
  const bool secret = std::any_of(kExact.begin(), kExact.end(), is) ||
                      std::any_of(kStarts.begin(), kStarts.end(), begins) ||
                      std::any_of(kParts.begin(), kParts.end(), holds) ||
                      std::any_of(kEndings.begin(), kEndings.end(), ends) || is_named_key(file);
  if (secret) return "its name is one of keys and secrets";
  return std::nullopt;
}

std::optional<std::string> secret_directory(std::string_view name) {
  const std::string directory = lower(name);
  constexpr std::array kNames{".ssh"sv, ".gnupg"sv, "keystore"sv, "secrets"sv};
  const bool secret = directory.starts_with("keyring") ||
                      std::find(kNames.begin(), kNames.end(), directory) != kNames.end();
  if (secret) return "its name is one of directories with keys";
  return std::nullopt;
}

std::optional<std::string> secret_by_content(std::string_view name, std::string_view head) {
  if (head.substr(0, kKeyHeadBytes).find("PRIVATE KEY-----") != std::string_view::npos) {
    return "it holds a private key";
  }
  if (!is_configuration(lower(name))) return std::nullopt;
  if (holds_stellar_seed(head)) return "it holds a secret seed";
  for (size_t at = 0; at < head.size();) {
    // Also where JSON stands on one line.
    const size_t end = std::min(head.find_first_of("\n,{}", at), head.size());
    if (auto why = secret_setting_of(head.substr(at, end - at))) return why;
    at = end + 1;
  }
  return std::nullopt;
}

}  // namespace recrank
