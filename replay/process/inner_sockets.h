// Sockets of recrank's own inside an engine's network (namespaces.h).
//
// From outside nothing leads there. So the child makes them between fork and exec, while it is
// already in its network and not yet in its sandbox, and hands them to recrank over a socket pair.
// A socket stays in the network that it was made in, whoever uses it.
//
// Source: network_namespaces(7), SCM_RIGHTS in unix(7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/fd.h"

namespace recrank {

// What is to be made: TCP over IPv4. At most kInnerSocketsMax in all.
struct InnerSockets {
  std::vector<uint16_t> listening;  // on these ports of 127.0.0.1; close-on-exec, blocking
  size_t connecting = 0;            // not connected yet
  [[nodiscard]] bool none() const { return listening.empty() && connecting == 0; }
};
inline constexpr size_t kInnerSocketsMax = 16;

// What the child needs to make them, without allocating. Made before the fork.
struct InnerSocketPlan {
  std::array<uint16_t, kInnerSocketsMax> ports{};
  size_t listening = 0;
  size_t connecting = 0;
  int hand_over = -1;  // one end of a stream socket pair; close-on-exec
};

// kUsage for more than there may be. `hand_over` stays the caller's.
[[nodiscard]] InnerSocketPlan plan_inner_sockets(const InnerSockets& wanted, int hand_over);

// In the child. Async-signal-safe. 0, or the errno of what failed.
[[nodiscard]] int make_inner_sockets(const InnerSocketPlan& plan);

// In recrank, once the child has made them: those that listen, in the order of their ports, then
// those to connect. kIo when fewer come.
[[nodiscard]] std::vector<UniqueFd> take_inner_sockets(int hand_over, const InnerSockets& wanted);

// Connects to `port` of the engine's loopback, again and again while nobody listens there yet, up
// to `patience_s` seconds or until `alive` (a pidfd) says that the engine is gone. False: not
// connected.
[[nodiscard]] bool connect_inside(int socket, uint16_t port, double patience_s, int alive);

// All of `bytes`, or what there is of up to `size` bytes, however long that takes: what blocks ends
// with the process of the other side. False, and 0: that has gone.
[[nodiscard]] bool send_inside(int socket, std::string_view bytes);
[[nodiscard]] size_t receive_inside(int socket, char* data, size_t size);

}  // namespace recrank
