// Runs of engines that were made before, in files, so that an interrupted bisection goes on where
// it stopped and a second one over a longer list runs only what is new.
//
// One file per question (replay_fingerprint: recording, subject, range, start, limits, options):
//   {"schema":"recrank.bisect-cache/1","question":"<sha256>",
//    "engines":{"<key>":[{"kind":"crashed","step":7,…},…]}}
// Only what was judged is kept. A file that is damaged, or a directory that cannot be written,
// costs the probes and nothing else. Two bisections at once lose none of each other's runs: a lock
// file stands before reading and replacing.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/bisect/bisect_finding.h"

namespace recrank {

// Thread rule: one thread at a time.
class ProbeCache {
 public:
  // An empty directory: nothing is kept.
  explicit ProbeCache(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // The runs that are known from before, in the order in which they were made.
  [[nodiscard]] const std::vector<BisectRun>& runs(const std::string& question,
                                                   const std::string& engine_key);
  // Kept with the next save(). Runs that tell nothing are passed over.
  void add(const std::string& question, const std::string& engine_key, const BisectRun& run);
  // Whole or not at all.
  void save();

  // What is added stays: there is a directory, and nothing went wrong with writing into it.
  [[nodiscard]] bool keeps() const { return !directory_.empty() && !lost_; }

  // What went wrong with files, once each.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  using Engines = std::map<std::string, std::vector<BisectRun>>;
  [[nodiscard]] std::filesystem::path file_of(const std::string& question) const;
  [[nodiscard]] Engines read(const std::string& question);
  void write(const std::string& question, const Engines& added);
  void note(const std::string& text);
  void lose(const std::string& why);

  std::filesystem::path directory_;
  std::map<std::string, Engines> known_;  // as the files were when they were first asked
  std::map<std::string, Engines> added_;
  std::vector<std::string> notes_;
  bool lost_ = false;  // a save() failed
};

}  // namespace recrank
