#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace recrank {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "recrank: internal error: %s does not hold (%s:%d). Please report it.\n",
               condition, file, line);
  std::abort();
}

}  // namespace recrank
