#include "replay/program/stub_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "replay/program/http_answer.h"
#include "snapshot/journal/http_call.h"

namespace recrank::program {
namespace {

constexpr size_t kRequestReadBytes = 64 << 10;

// So that closing it sends a reset instead of an end.
void reset_on_close(int socket) {
  const linger now{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

}  // namespace

StubServer::StubServer(UniqueFd listener, uint64_t body_bytes_max)
    : listener_(std::move(listener)), body_bytes_max_(body_bytes_max) {
  const int flags = ::fcntl(listener_.get(), F_GETFL);
  if (flags < 0 || ::fcntl(listener_.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    throw_errno("cannot set O_NONBLOCK", errno);
  }
}

void StubServer::add_polls(std::vector<pollfd>& polls) const {
  if (connections_.size() < kStubConnectionsMax) polls.push_back({listener_.get(), POLLIN, 0});
  for (const Connection& each : connections_) {
    const auto events = static_cast<short>((each.unsent.empty() ? 0 : POLLOUT) | POLLIN);
    polls.push_back({each.socket.get(), events, 0});
  }
}

void StubServer::accept_some() {
  while (connections_.size() < kStubConnectionsMax) {
    UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket.valid()) return;  // nobody is there, or is there no more
    connections_.push_back({std::move(socket),
                            HttpReader(HttpReader::Side::kRequests, body_bytes_max_), "", false,
                            false, false});
  }
}

StubServer::Went StubServer::serve(CallHandler& handler) {
  accept_some();
  for (auto each = connections_.begin(); each != connections_.end();) {
    bool over = false;
    const Went went = read_from(*each, handler, over);
    if (went != Went::kOn) return went;
    if (!over) write_to(*each, over);
    each = over ? connections_.erase(each) : std::next(each);
  }
  return Went::kOn;
}

StubServer::Went StubServer::read_from(Connection& connection, CallHandler& handler, bool& over) {
  std::array<char, kRequestReadBytes> bytes;
  const ssize_t got = ::recv(connection.socket.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) {
    over = !would_block(errno);
    return Went::kOn;
  }
  if (got == 0) {  // the client gave up, or has no more to ask
    over = connection.unsent.empty();
    return Went::kOn;
  }
  if (connection.asked) return Went::kOn;
  switch (connection.reader.feed({bytes.data(), static_cast<size_t>(got)})) {
    case HttpStatus::kMore:
      if (!connection.consented && connection.reader.awaits_consent()) {
        connection.consented = true;
        connection.unsent = "HTTP/1.1 100 Continue\r\n\r\n";
      }
      return Went::kOn;
    case HttpStatus::kDone: return answer(connection, handler, over);
    case HttpStatus::kBad: break;
  }
  if (const std::string_view other = connection.reader.other_protocol(); !other.empty()) {
    what_ = "the program speaks " + std::string(other) +
            " to the stub, which takes plain HTTP/1.1: have it ask an http:// address, by HTTP/1.1";
    return Went::kNotServed;
  }
  what_ = "sent the stub what is no request of HTTP: " + printable(connection.reader.what(), 200);
  return Went::kGarbled;
}

StubServer::Went StubServer::answer(Connection& connection, CallHandler& handler, bool& over) {
  connection.asked = true;
  const HttpReader& request = connection.reader;
  RECRANK_LOG(kTrace, "wire", "asked", {"fd", connection.socket.get()},
              {"method", request.method()}, {"target", request.target()},
              {"bytes", request.body().size()}, {"text", request.body()});
  const auto answer =
      handler.on_call(http_call_text(request.method(), request.target(), request.body()));
  if (!answer) return Went::kStopped;
  HttpAnswer parsed = parse_http_answer(*answer);
  switch (parsed.act) {
    case HttpAnswer::Act::kStall: return Went::kOn;
    case HttpAnswer::Act::kReset:
      reset_on_close(connection.socket.get());
      over = true;
      return Went::kOn;
    case HttpAnswer::Act::kRespond:
    case HttpAnswer::Act::kCut: break;
  }
  connection.unsent += parsed.bytes;  // behind a consent that is not out yet
  RECRANK_LOG(kTrace, "wire", "answered", {"fd", connection.socket.get()},
              {"bytes", connection.unsent.size()}, {"text", connection.unsent});
  connection.closing = true;
  return Went::kOn;
}

void StubServer::write_to(Connection& connection, bool& over) {
  while (!connection.unsent.empty()) {
    const ssize_t put = ::send(connection.socket.get(), connection.unsent.data(),
                               connection.unsent.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0) {
      over = !would_block(errno);
      return;
    }
    connection.unsent.erase(0, static_cast<size_t>(put));
  }
  if (connection.closing) over = true;
}

}  // namespace recrank::program
