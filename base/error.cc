#include "base/error.h"

#include <cstring>

namespace recrank {

void throw_errno(const std::string& what, int errno_value) {
  throw Error(ErrorCode::kIo, what + ": " + std::strerror(errno_value));
}

}  // namespace recrank
