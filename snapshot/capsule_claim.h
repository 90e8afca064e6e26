// What a capsule claims: the verdict that its replay is to give, and the engine it was seen on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recrank {

// Which engine the verdict was seen on, and how to come by it.
struct CapsuleEngine {
  std::string name;
  std::string sha256;
  std::string version;
  std::string dialect;
  std::string how_to_get;  // one line for people
};

// The verdict that a replay of the capsule is expected to give.
struct CapsuleVerdict {
  std::string kind;  // "crashed", as reports spell it
  std::optional<uint64_t> step;
  std::string signature;
  std::string headline;  // "crashed at step 361: SIGSEGV"
};

// Read from a capsule these are untrusted text, like all that a file says.
struct CapsuleClaim {
  std::optional<CapsuleEngine> engine;
  std::optional<CapsuleVerdict> verdict;
  std::vector<std::string>
      replay_options;              // words that belong to the verdict: "--memory-limit 1500MB"
  std::vector<std::string> notes;  // for people
};

}  // namespace recrank
