// Files with secrets, and files that only look like it. The keys are made up, out of pieces and by
// counting, so that nobody's scanner takes this for a leak.
#pragma once

#include <string>
#include <vector>

namespace recrank::testing_support {

struct PlantedFile {
  std::string path;
  std::string content;
  std::string rule;  // what keeps it out: "recrank/…", "gitleaks/…", "setting", a rule of names
};

[[nodiscard]] std::vector<PlantedFile> secret_plants();
// No rule: they are evidence, or what everybody may know.
[[nodiscard]] std::vector<PlantedFile> harmless_files();
// Logs and recordings that hold a key: kept, and told with the rule.
[[nodiscard]] std::vector<PlantedFile> suspicious_evidence();

// SEP-23, of version byte `version` (18 << 3: a seed).
[[nodiscard]] std::string made_strkey(unsigned version, unsigned fill);

}  // namespace recrank::testing_support
