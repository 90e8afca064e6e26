#include "tests/stand_ins/fake_program_sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace {

std::string name_of_errno() { return ::strerrorname_np(errno); }

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address loopback(int family, int port) {
  Address address;
  const auto wire_port = htons(static_cast<uint16_t>(port));
  if (family == AF_INET) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = wire_port;
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::memcpy(&address.storage, &in, sizeof(in));
    address.size = sizeof(in);
  } else {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = wire_port;
    in.sin6_addr = in6addr_loopback;
    std::memcpy(&address.storage, &in, sizeof(in));
    address.size = sizeof(in);
  }
  return address;
}

}  // namespace

std::string dial(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  if (socket < 0) return "no socket: " + name_of_errno();
  Address address = loopback(AF_INET, port);
  const bool reached = ::connect(socket, address.get(), address.size) == 0;
  const std::string told = reached ? "reached" : name_of_errno();
  ::close(socket);
  return told;
}

std::string talk_to_itself(int family) {
  const int listener = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (listener < 0) return "no socket: " + name_of_errno();
  Address address = loopback(family, 0);
  if (::bind(listener, address.get(), address.size) != 0) return "bind: " + name_of_errno();
  if (::listen(listener, 1) != 0) return "listen: " + name_of_errno();
  ::getsockname(listener, address.get(), &address.size);
  const int near = ::socket(family, SOCK_STREAM, 0);
  if (::connect(near, address.get(), address.size) != 0) return "connect: " + name_of_errno();
  const int far = ::accept(listener, nullptr, nullptr);
  if (far < 0) return "accept: " + name_of_errno();
  char heard = 0;
  const bool told = ::write(near, "x", 1) == 1 && ::read(far, &heard, 1) == 1 && heard == 'x';
  for (const int each : {near, far, listener}) ::close(each);
  return told ? "heard" : "not heard";
}

std::string sockets_of_other_kinds() {
  constexpr int kMptcp = 262;
  struct Kind {
    const char* name;
    int family, type, protocol;
  };
  std::string made;
  for (const Kind& kind :
       {Kind{"unix", AF_UNIX, SOCK_STREAM, 0}, Kind{"udp", AF_INET, SOCK_DGRAM, 0},
        Kind{"udp6", AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0},
        Kind{"raw", AF_INET, SOCK_RAW, IPPROTO_ICMP}, Kind{"netlink", AF_NETLINK, SOCK_RAW, 0},
        Kind{"packet", AF_PACKET, SOCK_RAW, 0}, Kind{"mptcp", AF_INET, SOCK_STREAM, kMptcp},
        Kind{"sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP}, Kind{"vsock", AF_VSOCK, SOCK_STREAM, 0},
        Kind{"alg", AF_ALG, SOCK_SEQPACKET, 0}}) {
    const int socket = ::socket(kind.family, kind.type, kind.protocol);
    // Only a refusal counts: a machine without such sockets proves nothing, and is no failure.
    if (socket >= 0 || errno != EPERM) made += std::string(kind.name) + " ";
    if (socket >= 0) ::close(socket);
  }
  return made;
}

std::string pairs_by_kind() {
  std::string made;
  const auto make = [&made](const char* name, int kind) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, kind, 0, ends.data()) != 0) return;
    made += std::string(name) + " ";
    for (const int each : ends) ::close(each);
  };
  make("stream", SOCK_STREAM | SOCK_CLOEXEC);
  make("seqpacket", SOCK_SEQPACKET | SOCK_NONBLOCK);
  make("datagram", SOCK_DGRAM | SOCK_CLOEXEC);
  make("raw", SOCK_RAW);
  return made;
}

// Through one end of a pair that is connected to the other: each message may name its receiver.
std::string tell_another(const std::string& path) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends.data()) != 0) return "no pair: " + name_of_errno();
  sockaddr_un there{};
  there.sun_family = AF_UNIX;
  path.copy(there.sun_path, sizeof(there.sun_path) - 1);
  const ssize_t put =
      ::sendto(ends[0], "secret", 6, 0, reinterpret_cast<sockaddr*>(&there), sizeof(there));
  const std::string told = put == 6 ? "sent" : name_of_errno();
  for (const int each : ends) ::close(each);
  return told;
}

std::string echo_one(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  Address address = loopback(AF_INET, port);
  if (::bind(listener, address.get(), address.size) != 0) return "bind: " + name_of_errno();
  if (::listen(listener, 1) != 0) return "listen: " + name_of_errno();
  const int far = ::accept(listener, nullptr, nullptr);
  std::array<char, 64> line{};
  const ssize_t got = ::read(far, line.data(), line.size());
  const bool put = got > 0 && ::write(far, line.data(), static_cast<size_t>(got)) == got;
  for (const int each : {far, listener}) ::close(each);
  return put ? "echoed" : "not echoed";
}

std::string interfaces() {
  std::ifstream file("/proc/self/net/dev");
  std::string names;
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    const size_t first = line.find_first_not_of(' ');
    if (colon != std::string::npos) names += line.substr(first, colon - first) + " ";
  }
  return names;
}

std::string leave_namespaces() {
  const int old = ::open("/proc/self/ns/net", O_RDONLY);
  std::string told = ::setns(old, CLONE_NEWNET) == 0 ? "set" : name_of_errno();
  told += ::unshare(CLONE_NEWNET) == 0 ? " left" : " " + name_of_errno();
  return told;
}
