#include "harness/engines/session_lack.h"

#include <sys/resource.h>
#include <unistd.h>

#include <vector>

#include "base/text.h"
#include "replay/limits.h"

namespace recrank {
namespace {

constexpr rlim_t kOpenFilesWanted = 256;  // of recrank itself: its pipes, databases and processes

rlim_t soft_limit(__rlimit_resource resource) {
  rlimit limit{};
  return ::getrlimit(resource, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

}  // namespace

std::string session_lack() {
  std::vector<std::string> lacks;
  if (const rlim_t files = soft_limit(RLIMIT_NOFILE); files < kOpenFilesWanted) {
    lacks.push_back(format_count(files) + " open files, of which " +
                    format_count(kOpenFilesWanted) + " are wanted (ulimit -n)");
  }
  if (const rlim_t memory = soft_limit(RLIMIT_AS); memory < Limits().memory_bytes) {
    lacks.push_back(format_bytes(memory) + " of address space, of which an engine is given " +
                    format_bytes(Limits().memory_bytes) + " (ulimit -v)");
  }
  if (::access("/proc/self/exe", F_OK) != 0) lacks.emplace_back("no /proc (mount it)");
  return joined(lacks);
}

}  // namespace recrank
