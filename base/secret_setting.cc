#include "base/secret_setting.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <string>

namespace recrank {

bool is_secret_setting(std::string_view name, std::string_view value) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) {
    return c == '-' || c == '.' || c == ' ' ? '_' : static_cast<char>(std::toupper(c));
  });
  // Every node of a network has the same one; it is in every program that speaks to it.
  if (upper == "NETWORK_PASSPHRASE" || upper == "NETWORKPASSPHRASE") return false;
  constexpr std::array<std::string_view, 9> kParts{"TOKEN",      "SECRET",     "PASSW",
                                                   "PASSPHRASE", "CREDENTIAL", "COOKIE",
                                                   "APIKEY",     "MNEMONIC",   "PRIVKEY"};
  // How many tokens a model may write is a number.
  const bool number = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
  if (number && (upper == "TOKENS" || upper.ends_with("_TOKENS"))) return false;
  const auto holds = [&](std::string_view part) { return upper.find(part) != std::string::npos; };
  if (std::any_of(kParts.begin(), kParts.end(), holds)) return true;
  // Words of their own only: a KEYBOARD or an AUTHOR is no secret.
  std::istringstream words(upper);
  for (std::string word; std::getline(words, word, '_');) {
    if (word.ends_with("KEY") || word == "KEYS" || word == "AUTH" || word == "PWD" ||
        word == "SEED") {
      if (upper != "PWD" && upper != "OLDPWD") return true;
    }
  }
  // A password within an address: scheme://user:password@host.
  const size_t scheme = value.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view place = value.substr(scheme + 3, value.find('/', scheme + 3) - scheme - 3);
  const size_t at = place.find('@');
  return at != std::string_view::npos && place.substr(0, at).find(':') != std::string_view::npos;
}

}  // namespace recrank
