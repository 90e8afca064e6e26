#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace recrank {

void throw_errno(const std::string& what, int errno_value) {
  const char* const remedy = errno_value == EMFILE ? " (allow more: ulimit -n)" : "";
  throw Error(ErrorCode::kIo, what + ": " + std::strerror(errno_value) + remedy);
}

}  // namespace recrank
