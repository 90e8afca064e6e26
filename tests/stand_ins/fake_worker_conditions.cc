#include "tests/stand_ins/fake_worker_conditions.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace fake_worker {
namespace {

// Without randomisation the stack ends at the end of the address space, less a page. With it, up to
// 16 GiB lie between, so that a place this near is a case of one in a thousand.
bool is_randomised() {
  constexpr uintptr_t kUsersEnd = 0x7ffffffff000;
  constexpr uintptr_t kNear = 16 << 20;
  const int here = 0;
  return kUsersEnd - reinterpret_cast<uintptr_t>(&here) > kNear;
}

bool is_loaded(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "-r") return true;
  }
  return false;
}

bool is_limited_below(uint64_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  return limit.rlim_cur < bytes;
}

bool next_token(const char* program) {
  const std::string own = program;
  const int fifo =
      ::open((own.substr(0, own.rfind('/')) + "/tokens").c_str(), O_RDONLY | O_NONBLOCK);
  char token = '0';
  const bool got = fifo >= 0 && ::read(fifo, &token, 1) == 1;
  ::close(fifo);
  return got && token == '1';
}

}  // namespace

bool conditions_hold(const Json& conditions, int argc, char** argv) {
  for (const auto& [name, value] : conditions.items()) {
    bool holds = false;
    if (name == "then") continue;
    if (name == "randomised") {
      holds = is_randomised() == value.get<bool>();
    } else if (name == "loaded") {
      holds = is_loaded(argc, argv) == value.get<bool>();
    } else if (name == "as_below") {
      holds = is_limited_below(value.get<uint64_t>());
    } else if (name == "token") {
      holds = next_token(argv[0]) == value.get<bool>();
    } else {
      std::fprintf(stderr, "fake_worker: no condition '%s'\n", name.c_str());
      std::exit(3);
    }
    if (!holds) return false;
  }
  return true;
}

}  // namespace fake_worker
