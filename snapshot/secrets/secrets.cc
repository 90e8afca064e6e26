#include "snapshot/secrets/secrets.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "snapshot/io/utf16.h"
#include "snapshot/secrets/leak_rules.h"
#include "snapshot/secrets/mnemonic.h"
#include "snapshot/secrets/secret_settings.h"
#include "snapshot/secrets/stellar_seed.h"

namespace recrank {
namespace {

bool is_text(std::string_view head) { return head.find('\0') == std::string_view::npos; }

// As editors of Windows leave it: a mark of its byte order, then two bytes for a letter.
std::string utf8_of_utf16(std::string_view text) {
  std::string units(text.substr(2, (text.size() - 2) / 2 * 2));
  if (text.front() == '\xfe') {
    for (size_t i = 0; i + 1 < units.size(); i += 2) std::swap(units[i], units[i + 1]);
  }
  units.append(2, '\0');
  std::string out;
  return decode_utf16z(units, out) ? out : "";
}

SecretFound found_at(std::string_view text, size_t offset, std::string rule, std::string why) {
  const auto lines = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(offset), '\n');
  return {std::move(rule), std::move(why), is_text(text) ? static_cast<uint64_t>(lines) + 1 : 0};
}

std::optional<SecretFound> by_rules(const LeakRules& rules, const std::string& whose,
                                    std::string_view text, TextKind kind, std::string_view name) {
  const auto leak = rules.find(text, kind, name);
  if (!leak) return std::nullopt;
  std::string what = leak->description;
  if (whose == "gitleaks") what = "what looks like a key (" + leak->rule + ")";
  return found_at(text, leak->offset, whose + "/" + leak->rule, "it holds " + what);
}

}  // namespace

std::optional<SecretFound> secret_by_content(std::string_view name, std::string_view head,
                                             bool recording) {
  std::string decoded;
  std::string_view text = head.substr(0, kSecretHeadBytes);
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    decoded = utf8_of_utf16(text);
    text = decoded;
  }
  if (const auto seed = find_stellar_seed(text)) {
    return found_at(text, *seed, "recrank/stellar-seed", "it holds a secret seed of Stellar");
  }
  if (const auto words = is_text(text) ? find_mnemonic(text) : std::nullopt) {
    return found_at(text, *words, "recrank/mnemonic", "it holds the words of a mnemonic");
  }
  const TextKind kind = !is_text(text) ? TextKind::kBinary
                        : recording    ? TextKind::kRecording
                                       : TextKind::kOther;
  if (auto found = by_rules(own_rules(), "recrank", text, kind, name)) return found;
  if (kind == TextKind::kBinary) return std::nullopt;
  if (auto found = by_rules(gitleaks_rules(), "gitleaks", text, kind, name)) return found;
  if (recording) return std::nullopt;
  const auto setting = find_secret_setting(text, is_configuration(name));
  if (!setting) return std::nullopt;
  return found_at(text, setting->offset, "setting",
                  "its setting " + printable(setting->name, 60) + " looks secret");
}

}  // namespace recrank
