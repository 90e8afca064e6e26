// The stand-in for rr (tests/support/replay/stand_in_rr.sh) in a directory of its own.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "base/scratch_dir.h"

namespace recrank {

// Header only: it is used by tests of two layers.
class StandInRr {
 public:
  // `conf` as the script has it: "SOFTWARE=1".
  explicit StandInRr(const std::string& conf = "") {
    std::filesystem::create_symlink(RECRANK_SOURCE_DIR "/tests/support/replay/stand_in_rr.sh",
                                    path());
    configure(conf);
  }
  void configure(const std::string& conf) const {
    std::ofstream(directory_.path() / "stand_in_rr.conf") << conf << "\n";
  }
  [[nodiscard]] std::filesystem::path path() const { return directory_.path() / "rr"; }

 private:
  ScratchDir directory_;
};

}  // namespace recrank
