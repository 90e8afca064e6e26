// A network of an engine's own, in which nothing is but its loopback.
//
// The process leaves the host's network namespace for a new one and brings `lo` up there. Nobody
// else is in it: a port is free whoever runs beside it, and the host, its loopback and whatever the
// host can reach are out of reach, since there is no interface that leads there.
//
// Source of the numbers and files: user_namespaces(7), network_namespaces(7), netdevice(7).
#pragma once

#include <string>

namespace recrank {

// Which part of it the kernel refused.
struct NetworkRefusal {
  enum class Step : int { kNone, kNamespace, kIds, kLoopback };
  Step step = Step::kNone;
  int error = 0;  // errno
  [[nodiscard]] explicit operator bool() const { return step != Step::kNone; }
};

// What the way into it needs, made before the fork. Reusable for any number of processes.
class OwnNetwork {
 public:
  OwnNetwork();

  // In the child, which has one thread: it leaves the host's network for ever. Async-signal-safe.
  // Whoever may not make a network namespace makes a user namespace with it, in which it keeps its
  // user and group; a parent-death signal survives that.
  [[nodiscard]] NetworkRefusal enter() const;

 private:
  std::string users_;   // for uid_map: the user becomes itself
  std::string groups_;  // for gid_map
};

// One line: what is refused and what helps. Also what a start fails with, as kUnsupported.
[[nodiscard]] std::string describe(const NetworkRefusal& refusal);
[[nodiscard]] std::string remedy(const NetworkRefusal& refusal);

// Tries it in a child.
[[nodiscard]] NetworkRefusal try_own_network();

}  // namespace recrank
