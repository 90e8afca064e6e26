// What a step is about, told by who knows the system: for people, never for a verdict.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace recrank {

// A key of the subject's own store that the step's calls touch.
struct StoreTouch {
  std::string key;
  bool read = false;                 // before the step wrote it
  std::optional<std::string> found;  // what it then held; nullopt: nothing
  bool written = false;
  std::optional<std::string> left;  // what the step's last write left there; nullopt: deleted
};

struct StepMatter {
  // {"target","o+0"}, {"method","issue"}, {"arguments","[31]"}, …
  std::vector<std::pair<std::string, std::string>> asked;
  // Things that the step names, as the subject calls them, in the order in which they come: each
  // with what it is in a word or two ("an import", "a promise of its own").
  std::vector<std::pair<std::string, std::string>> names;
  std::vector<StoreTouch> store;  // in the order in which they are first touched
};

}  // namespace recrank
