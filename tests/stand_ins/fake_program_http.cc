#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "tests/stand_ins/fake_program_sockets.h"

namespace {

int reach(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return -1;
  return socket;
}

void send_all(int socket, const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t put = ::send(socket, text.data() + at, text.size() - at, MSG_NOSIGNAL);
    if (put <= 0) return;
    at += static_cast<size_t>(put);
  }
}

std::string receive_all(int socket) {
  std::string all;
  char piece[4096];
  for (;;) {
    const ssize_t got = ::recv(socket, piece, sizeof(piece), 0);
    if (got < 0) return errno == ECONNRESET ? all + "RESET" : all + "ERROR";
    if (got == 0) return all;
    all.append(piece, static_cast<size_t>(got));
  }
}

std::string fresh_uuid() {
  std::ifstream file("/proc/sys/kernel/random/uuid");
  std::string uuid;
  file >> uuid;
  return uuid;
}

std::string post(const std::string& extra = "") {
  timeval now{};
  ::gettimeofday(&now, nullptr);
  const long long ms = static_cast<long long>(now.tv_sec) * 1000;
  const std::string body =
      "{\"z\":1,\"id\":\"" + fresh_uuid() + "\",\"at\":" + std::to_string(ms) + extra + "}";
  return "POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// The body alone, so that a test need not know the head.
std::string body_of(const std::string& response) {
  const size_t head = response.find("\r\n\r\n");
  return head == std::string::npos ? response : response.substr(head + 4);
}

}  // namespace

void answer_posts(int port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener, 16) != 0) {
    std::_Exit(9);
  }
  for (int served = 0;; ++served) {
    const int socket = ::accept(listener, nullptr, nullptr);
    std::string request;
    char piece[4096];
    while (request.find("\r\n\r\n") == std::string::npos || request.back() != '}') {
      const ssize_t got = ::recv(socket, piece, sizeof(piece), 0);
      if (got <= 0) std::_Exit(9);
      request.append(piece, static_cast<size_t>(got));
    }
    const std::string body = std::to_string(served);
    send_all(socket,
             "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body);
    ::close(socket);
  }
}

std::string ask_stub(int port, const std::string& how) {
  if (how == "many") {  // all at once; those that are not answered yet are waited for in turn
    std::vector<int> sockets;
    for (int i = 0; i < 40; ++i) sockets.push_back(reach(port));
    std::string all;
    for (const int each : sockets) {
      send_all(each, "GET /many HTTP/1.1\r\nHost: x\r\n\r\n");
      all += body_of(receive_all(each));
      ::close(each);
    }
    return all;
  }
  const int socket = reach(port);
  if (socket < 0) return "not reached";
  if (how == "get")
    send_all(socket, "GET /v1/models?at=2026-06-28T00:12:02Z HTTP/1.1\r\nHost: x\r\n\r\n");
  if (how == "post") send_all(socket, post());
  if (how == "pipeline") send_all(socket, post() + post());
  if (how == "half") send_all(socket, "POST /v1/ask HTTP/1.1\r\nContent-Length: 100\r\n\r\n{");
  if (how == "no_http") send_all(socket, "\x01\x03\x01 hello\r\n\r\n");
  if (how == "tls")
    send_all(socket, std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  if (how == "http2") send_all(socket, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  if (how == "expect") {
    send_all(socket,
             "POST /v1/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nExpect: "
             "100-continue\r\n\r\n");
    char consent[64];
    const ssize_t got = ::recv(socket, consent, sizeof(consent), 0);
    if (got < 12 || std::memcmp(consent, "HTTP/1.1 100", 12) != 0) return "no consent";
    send_all(socket, "{\"a\":1}");
  }
  if (how == "chunked") {
    send_all(socket,
             "POST /v1/ask HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
             "chunked\r\n\r\n3\r\n{\"a\r\n3\r\n\":1\r\n1\r\n}\r\n0\r\n\r\n");
  }
  if (how == "endless_head") {
    send_all(socket, "GET / HTTP/1.1\r\n");
    for (int i = 0; i < 100'000; ++i)
      send_all(socket, "X-Header: " + std::string(50, 'x') + "\r\n");
  }
  if (how == "long_body") {
    send_all(socket, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n");
    for (int i = 0; i < 1000; ++i) send_all(socket, std::string(65536, 'x'));
  }
  if (how == "hang_up") {
    send_all(socket, post());
    ::close(socket);
    return "hung up";
  }
  const std::string told = body_of(receive_all(socket));
  ::close(socket);
  return told;
}
