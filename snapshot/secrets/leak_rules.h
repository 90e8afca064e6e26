// Rules for known forms of keys, as data: gitleaks' own and recrank's in the same format.
// Format: gitleaks' configuration (TOML): id, regex, keywords, entropy, secretGroup, path,
// allowlists.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace recrank {

// What a text is, as far as rules hang on it.
enum class TextKind {
  kBinary,     // no text: only rules with a form that nothing else has
  kRecording,  // a log or a recording: no loose rules
  kOther,
};

struct LeakFound {
  std::string rule;         // its id
  std::string description;  // what it finds
  size_t offset = 0;        // where in the text
};

// The expressions are those of RE2, whose time is linear in the text, whatever a hostile file
// holds. A rule's expression is only run where one of its keywords stands. Immutable; may be shared
// by threads.
class LeakRules {
 public:
  // Throws kInvalidData for a text that is no such configuration, with the rule and what is wrong.
  LeakRules(std::string_view toml, const std::string& name);
  ~LeakRules();
  LeakRules(const LeakRules&) = delete;
  LeakRules& operator=(const LeakRules&) = delete;

  // The first rule, in their order, that finds something. `path` is the name of the file.
  [[nodiscard]] std::optional<LeakFound> find(std::string_view text, TextKind kind,
                                              std::string_view path) const;
  // A value that stands for another one, or for none: "${TOKEN}", "<password>", "********".
  [[nodiscard]] bool is_placeholder(std::string_view value) const;
  [[nodiscard]] size_t size() const;
  // All of them; kInvalidData for one that RE2 does not take. find() does it as it needs them.
  void compile() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Those that are built in: snapshot/secrets/key_forms.toml, and gitleaks' with what is left out of
// them.
[[nodiscard]] const LeakRules& own_rules();
[[nodiscard]] const LeakRules& gitleaks_rules();

}  // namespace recrank
