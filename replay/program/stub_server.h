// The server that stands for all that a program asks over HTTP while it is replayed.
//
// It listens inside the program's own network (inner_sockets.h). Each request that has come whole
// is one call: a CallHandler is asked what it is to be answered with. One request to a connection:
// the answer ends it. Connections, heads and bodies have limits; what is no HTTP ends the replay,
// and so does TLS or HTTP/2, which is not the program's fault.
#pragma once

#include <poll.h>

#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "base/fd.h"
#include "replay/engine.h"
#include "replay/program/http_message.h"

namespace recrank::program {

// More at once are left waiting in the kernel's queue.
inline constexpr size_t kStubConnectionsMax = 32;

// One thread. Owns its sockets and makes them non-blocking.
class StubServer {
 public:
  StubServer(UniqueFd listener, uint64_t body_bytes_max);

  // What poll(2) is to wait for.
  void add_polls(std::vector<pollfd>& polls) const;

  enum class Went {
    kOn,
    kStopped,    // the handler ended the step
    kGarbled,    // a client broke the protocol: what() says how
    kNotServed,  // a client speaks a protocol that the stub does not: what() says which
  };
  // Does what can be done without waiting. Throws kInvalidData for an answer that cannot be sent.
  [[nodiscard]] Went serve(CallHandler& handler);
  [[nodiscard]] const std::string& what() const { return what_; }

 private:
  struct Connection {
    UniqueFd socket;
    HttpReader reader;
    std::string unsent;
    bool asked = false;      // its request has been taken: what it sends now is not looked at
    bool consented = false;  // it was told that its body may come
    bool closing = false;    // ends when all is sent
  };

  void accept_some();
  [[nodiscard]] Went read_from(Connection& connection, CallHandler& handler, bool& over);
  [[nodiscard]] Went answer(Connection& connection, CallHandler& handler, bool& over);
  static void write_to(Connection& connection, bool& over);

  UniqueFd listener_;
  uint64_t body_bytes_max_;
  std::list<Connection> connections_;
  std::string what_;
};

}  // namespace recrank::program
