// What a recording claims of itself: the verdict that its replay is to give, and the engine that it
// was seen on. A capsule travels with such a claim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace recrank {

// Which engine the verdict was seen on, and how to come by it.
struct ClaimedEngine {
  std::string name;
  std::string sha256;
  std::string version;
  std::string dialect;
  std::string how_to_get;  // one line for people
};

// The verdict that a replay of the whole recording is expected to give.
struct ClaimedVerdict {
  std::string kind;  // "crashed", as reports spell it
  std::optional<uint64_t> step;
  std::string signature;
  std::string headline;  // "crashed at step 361: SIGSEGV"
  // What tells findings of one kind apart at one step, by the words of reports. A capsule of before
  // has only the headline for it.
  std::string limit = {};             // "step-wall"
  std::string field = {};             // of the first divergence: "syscall wrong", "fact"
  std::string fact = {};              // its name, where the field is a fact
  std::optional<uint64_t> call = {};  // its call, where it has one
};

// Read from a file these are untrusted text, like all that a file says.
struct Claim {
  std::optional<ClaimedEngine> engine;
  std::optional<ClaimedVerdict> verdict;
  std::vector<std::string>
      replay_options;              // words that belong to the verdict: "--memory-limit 1500MB"
  std::vector<std::string> notes;  // for people
};

}  // namespace recrank
