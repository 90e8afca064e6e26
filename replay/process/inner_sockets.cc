#include "replay/process/inner_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/error.h"

namespace recrank {
namespace {

constexpr int kBacklog = 16;
constexpr int kTryAgainMs = 5;

struct Rights {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kInnerSocketsMax * sizeof(int))> bytes{};
};

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A socket, or -errno. Listens on `port` unless that is 0.
int make_socket(uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (made < 0) return -errno;
  if (port == 0) return made;
  const sockaddr_in address = loopback(port);
  const bool listens =
      ::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      ::listen(made, kBacklog) == 0;
  return listens ? made : -errno;
}

}  // namespace

InnerSocketPlan plan_inner_sockets(const InnerSockets& wanted, int hand_over) {
  if (wanted.listening.size() + wanted.connecting > kInnerSocketsMax) {
    throw Error(ErrorCode::kUsage, "more than " + std::to_string(kInnerSocketsMax) +
                                       " sockets are wanted inside of one engine's network");
  }
  InnerSocketPlan plan;
  std::copy(wanted.listening.begin(), wanted.listening.end(), plan.ports.begin());
  plan.listening = wanted.listening.size();
  plan.connecting = wanted.connecting;
  plan.hand_over = hand_over;
  return plan;
}

int make_inner_sockets(const InnerSocketPlan& plan) {
  std::array<int, kInnerSocketsMax> made{};
  const size_t count = plan.listening + plan.connecting;
  for (size_t i = 0; i < count; ++i) {
    made.at(i) = make_socket(i < plan.listening ? plan.ports.at(i) : 0);
    if (made.at(i) < 0) return -made.at(i);
  }
  char nothing = 's';
  iovec body{&nothing, 1};
  Rights rights;
  msghdr message{};
  message.msg_iov = &body;
  message.msg_iovlen = 1;
  message.msg_control = rights.bytes.data();
  message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* const head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(count * sizeof(int));
  std::memcpy(CMSG_DATA(head), made.data(), count * sizeof(int));
  return ::sendmsg(plan.hand_over, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

std::vector<UniqueFd> take_inner_sockets(int hand_over, const InnerSockets& wanted) {
  char nothing = 0;
  iovec body{&nothing, 1};
  Rights rights;
  msghdr message{};
  message.msg_iov = &body;
  message.msg_iovlen = 1;
  message.msg_control = rights.bytes.data();
  message.msg_controllen = rights.bytes.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(hand_over, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  std::vector<UniqueFd> sockets;
  const cmsghdr* const head = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
  if (head != nullptr && head->cmsg_type == SCM_RIGHTS) {
    const size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    std::array<int, kInnerSocketsMax> given{};
    std::memcpy(given.data(), CMSG_DATA(head), std::min(count, given.size()) * sizeof(int));
    for (size_t i = 0; i < count; ++i) sockets.emplace_back(given.at(i));
  }
  if (sockets.size() != wanted.listening.size() + wanted.connecting) {
    throw Error(ErrorCode::kIo, "the sockets of an engine's own network did not come");
  }
  return sockets;
}

bool connect_inside(int socket, uint16_t port, double patience_s, int alive) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(patience_s);
  const sockaddr_in address = loopback(port);
  for (;;) {
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
      // Whole commands are written at once: waiting to join them only costs time.
      const int on = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      return true;
    }
    if (errno != ECONNREFUSED && errno != EINTR) return false;
    pollfd gone{alive, POLLIN, 0};
    if (::poll(&gone, 1, kTryAgainMs) > 0) return false;
    if (std::chrono::steady_clock::now() >= end) return false;
  }
}

bool send_inside(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

size_t receive_inside(int socket, char* data, size_t size) {
  ssize_t got = -1;
  do {
    got = ::recv(socket, data, size, 0);
  } while (got < 0 && errno == EINTR);
  return got < 0 ? 0 : static_cast<size_t>(got);
}

}  // namespace recrank
