// Recorded data that is not ours to commit: beside the repository, or where $RECRANK_SHARED_DATA
// says.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace recrank {

// What is not there is skipped by the tests that need it, saying so.
inline std::filesystem::path shared_data(const std::string& name) {
  if (const char* place = std::getenv("RECRANK_SHARED_DATA"))
    return std::filesystem::path(place) / name;
  return std::filesystem::path(RECRANK_SOURCE_DIR) / "../shared/data" / name;
}

}  // namespace recrank
