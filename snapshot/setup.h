// What a fresh engine is told before its first step: named texts, in the order in which they came.
//
// The names are a system's own ("lockdown", "vat-parameters"), and so is what the texts mean; an
// option of the command line that gives such a text has the same name. General code only keeps
// them, lays them over each other, packs and hashes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

struct SetupText {
  std::string name;
  std::string text;
  friend bool operator==(const SetupText&, const SetupText&) = default;
};

class Setup {
 public:
  std::string label;  // what the engine's process is called: "v6:ledger"

  // Takes the place of a text of that name; nullopt leaves it as it is.
  void set(std::string_view name, std::optional<std::string> text);
  void drop(std::string_view name);
  // Null: neither recording nor user says it. Valid until the next change.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] const std::vector<SetupText>& texts() const { return texts_; }

  // That a text is needed and not held, and what is known of it: "b1-99102d…".
  void miss(std::string_view name, std::string what);
  // Empty: nothing of that name is known to be missing.
  [[nodiscard]] std::string missing(std::string_view name) const;
  [[nodiscard]] const std::vector<SetupText>& all_missing() const { return missing_; }

  // Nothing is known that a fresh engine would be told.
  [[nodiscard]] bool empty() const { return label.empty() && texts_.empty() && missing_.empty(); }

  // The texts of `over` take the place of these.
  void lay_over(const Setup& over);

 private:
  std::vector<SetupText> texts_;
  std::vector<SetupText> missing_;
};

}  // namespace recrank
