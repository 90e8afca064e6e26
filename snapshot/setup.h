// What a fresh engine is told before its first step: named texts.
//
// The names are a system's own ("lockdown", "vat-parameters"), and so is what the texts mean; an
// option of the command line that gives such a text has the same name. General code only keeps
// them, lays them over each other, packs and hashes them.
#pragma once

#include <string>
#include <string_view>

#include "base/named_texts.h"

namespace recrank {

class Setup : public NamedTexts {
 public:
  std::string label;  // what the engine's process is called: "v6:ledger"
  // Texts that are needed and not held, and what is known of them: "vat-bundle", "b1-99102d…".
  NamedTexts missing;

  // Nothing is known that a fresh engine would be told.
  [[nodiscard]] bool tells_nothing() const { return label.empty() && empty() && missing.empty(); }
};

}  // namespace recrank
