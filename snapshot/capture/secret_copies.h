// Files that hold what was left out, under another name.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/beneath.h"
#include "base/interrupt.h"
#include "snapshot/capture/capture_file.h"

namespace recrank {

// What was left out is only read where a file of its size is asked for. Refers to what it is made
// with. One thread.
class SecretCopies {
 public:
  SecretCopies(const Beneath& directory, const std::vector<std::string>& left_out,
               const Interrupt& interrupt);

  // The file that was left out and is equal, byte for byte, or the same by a hard link; an empty
  // file is equal to none.
  [[nodiscard]] std::optional<std::string> equal_to(const CaptureFile& file) const;

 private:
  struct LeftOut {
    std::string path;
    std::string sha256;  // empty: not needed so far
  };
  const Beneath& directory_;
  const Interrupt& interrupt_;
  mutable std::map<uint64_t, std::vector<LeftOut>> by_size_;
};

}  // namespace recrank
