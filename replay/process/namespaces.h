// Namespaces of an engine's own: of users, processes, mounts, networks, System V and POSIX IPC,
// host names and control groups. Made by bubblewrap, and held by a program that only waits.
//
// bubblewrap would have the engine as its grandchild and tell of its end in the numbers of a shell.
// So what it starts is `cat`, and an engine is a child of recrank's that joins the namespaces of
// that before it executes: its exit status, signals, costs and files of /proc come from the kernel
// as without namespaces, its descriptors pass through nobody, and its tracer is where it was.
// The death of recrank ends bubblewrap, hence `cat`, which is the first process inside, hence all.
//
// Source: bwrap(1), setns(2), pid_namespaces(7), clone(2) (CLONE_PARENT).
#pragma once

#include <sys/types.h>

#include <string>

#include "base/fd.h"
#include "replay/process/view.h"

namespace recrank {

// Not thread-safe: the owner (WorkerProcess) guards it. The destructor kills what is inside.
class Namespaces {
 public:
  // Begins to make them. Must be called in a thread that lives as long as recrank: its end is
  // theirs. Throws kUnsupported where there is no bubblewrap.
  explicit Namespaces(const View& view);
  Namespaces(const Namespaces&) = delete;
  Namespaces& operator=(const Namespaces&) = delete;
  ~Namespaces() { end(); }

  // Until they can be joined. kUnsupported with bubblewrap's own words when they cannot be had. Any
  // thread.
  void await();
  // Of the first process inside; valid after await().
  [[nodiscard]] int pidfd() const { return first_.get(); }
  // Kills all that is inside, at once.
  void kill();
  // Likewise, and waits for their end, which is not before recrank has reaped its children inside.
  void end();
  // They have ended before kill() was called, and an engine in them with it.
  [[nodiscard]] bool died() const { return died_; }

 private:
  void fail() const;

  pid_t bubblewrap_ = 0;
  bool killed_ = false;
  bool died_ = false;
  UniqueFd first_;
  UniqueFd told_;   // what bubblewrap tells: the number of the first process
  UniqueFd words_;  // what it says when it fails
  UniqueFd input_;  // `cat` ends with it
  UniqueFd echo_;
};

// In a child of recrank's that has one thread and nothing to lose: goes into the namespaces and
// gives 0 there, in a new process that is recrank's child as well. Async-signal-safe. In the old
// one: the number of the new one as seen from outside, or -errno.
[[nodiscard]] int join_namespaces(int pidfd);

// Why they cannot be had here; empty: they can. Makes some and ends them.
[[nodiscard]] std::string try_namespaces();

}  // namespace recrank
