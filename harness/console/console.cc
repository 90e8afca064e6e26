#include "harness/console/console.h"

#include <cerrno>

#include "base/error.h"

namespace recrank {

void say(std::ostream& out, std::string_view text) {
  errno = 0;
  out << text << std::flush;
  if (out) return;
  throw_errno("cannot write standard output, so what was found is lost", errno == 0 ? EIO : errno);
}

}  // namespace recrank
