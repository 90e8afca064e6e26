// The attacks of hostile_program.cc, in groups.
#pragma once

#include <span>

namespace hostile {

struct Target {
  const char* file = "";    // can be seen
  const char* secret = "";  // should not be
  int pid = 0;              // of another process
};
extern Target target;

struct Attack {
  const char* name;
  long (*make)();  // negative, with errno: it did not work
};

std::span<const Attack> attacks_on_files();
std::span<const Attack> attacks_on_processes();
std::span<const Attack> attacks_on_the_machine();

// An errno by which the kernel says that somebody may not, or that there is no such thing here.
bool is_refusal(int error);

}  // namespace hostile
