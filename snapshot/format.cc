#include "snapshot/format.h"

namespace recrank {

std::string accepted_text() {
  std::string text = "accepted are ";
  for (const Format* format : formats()) {
    if (!format->accepted.empty()) text += std::string(format->accepted) + ", ";
  }
  return text +
         "each also compressed (gzip, bzip2, zstd, xz) or in a tar or zip archive, and directories "
         "with one of them";
}

}  // namespace recrank
