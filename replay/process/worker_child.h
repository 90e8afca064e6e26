// The first steps of an engine process, between fork and exec.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <linux/filter.h>

#include <array>
#include <cstddef>
#include <vector>

#include "replay/process/inner_sockets.h"
#include "replay/process/landlock.h"

namespace recrank {

// All that the child needs, made by the parent before the fork. The child must not allocate, since
// another thread may have held the allocator's lock at the moment of the fork.
struct ChildPlan {
  struct Descriptor {
    int from = -1;  // 10 or above
    int to = -1;    // below 10
  };
  struct Limit {
    int resource = 0;
    rlimit value{};
  };
  pid_t parent = 0;
  std::vector<Descriptor> descriptors;  // all others are closed by the exec
  const char* directory = "/";
  std::array<Limit, 7> limits{};
  bool aslr = true;
  int namespaces = -1;  // the pidfd of whom they are; -1: it stays in recrank's
  const InnerSocketPlan* sockets = nullptr;  // to be made in them; nullptr: none
  const Landlock* landlock = nullptr;
  std::vector<sock_filter>* filter = nullptr;
  int report_fd = -1;  // close-on-exec; see ChildFailure
  // When valid: the child says kReady, then waits for a byte from here before its exec, so that it
  // can be traced from its first instruction on. Close-on-exec.
  int go_fd = -1;
};

// What the child writes to report_fd before it gives up. An exec that works writes nothing and
// closes the pipe.
struct ChildFailure {
  // kReady is no failure: see ChildPlan::go_fd. Nor is kJoined, which comes first of all where
  // there are namespaces: from there on the child is another process, whose number is told as
  // `value`.
  enum class Stage : int {
    kGroup,
    kDescriptors,
    kDirectory,
    kLimits,
    kNamespaces,
    kSockets,
    kSandbox,
    kExec,
    kJoined,
    kReady
  };
  Stage stage = Stage::kExec;
  int value = 0;  // errno, but of kJoined
};

// Runs in the child; does not return when something fails. Async-signal-safe.
void set_up_child(const ChildPlan& plan);

// Reports to `plan.report_fd` and ends the child. Async-signal-safe.
[[noreturn]] void fail_child(const ChildPlan& plan, ChildFailure failure);

}  // namespace recrank
