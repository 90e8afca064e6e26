// One process at a time: for what is read, changed and written again.
#pragma once

#include <filesystem>

#include "base/fd.h"

namespace recrank {

// Waits for the lock of `path`, a file that is made where there is none and stays; it is held as
// long as the descriptor. kIo naming it.
[[nodiscard]] UniqueFd lock_file(const std::filesystem::path& path);

}  // namespace recrank
