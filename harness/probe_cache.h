// Runs that were made already, kept from one search to the next.
//
// One file per question; an answer belongs to one engine (its key, engine_candidates.h) and one
// question: the recording's content, the range, the start and all options that bear on the outcome.
//
//   {"schema":"recrank.probes/1","question":"<sha256>","engines":{"<key>":[RUN,…]}}
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "harness/stored_run.h"

namespace recrank {

// One thread at a time; several processes may use one directory.
class ProbeCache {
 public:
  // `directory` is made when it is written to; empty: nothing is kept.
  explicit ProbeCache(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // The runs of that engine. A file that is damaged, or cannot be read, counts as none.
  [[nodiscard]] std::vector<StoredRun> load(const std::string& question, const std::string& key) const;

  // Adds runs to those that are kept, whole or not at all; nothing happens when the directory cannot
  // be written, which problem() then says.
  void add(const std::string& question, const std::string& key, const std::vector<StoredRun>& runs);

  // Why nothing is kept; empty: all is well.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  [[nodiscard]] std::filesystem::path file_of(const std::string& question) const;

  std::filesystem::path directory_;
  std::string problem_;
};

}  // namespace recrank
