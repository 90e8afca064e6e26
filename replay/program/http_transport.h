// How a program is replayed over HTTP, in a network of its own (docs/systems/programs.md).
#pragma once

#include <cstdint>
#include <string>

#include "replay/process/inner_sockets.h"

namespace recrank::program {

// To a program's own port, made when the process starts. One that the program has closed is used
// again when the others have been.
inline constexpr size_t kEventConnections = kInnerSocketsMax - 1;
inline constexpr uint16_t kStubPort = 4780;  // unless the engine file names another

// Where a program asks, in its own network, and how it is given its events.
struct HttpTransport {
  uint16_t stub_port = kStubPort;
  uint16_t event_port = 0;  // of the program: each event is POSTed there; 0: on stdin, line by line
  std::string event_path = "/";
};

// "{{stub}}" in a program's arguments and environment stands for this: "http://127.0.0.1:4780".
[[nodiscard]] std::string stub_url(const HttpTransport& transport);

// "http stub 4780, events to 24203/chat": part of an engine's identity.
[[nodiscard]] std::string to_words(const HttpTransport& transport);

// recrank's own sockets for that.
[[nodiscard]] InnerSockets inner_sockets_for(const HttpTransport& transport);

// `word` with its placeholders filled in: "{{stub}}", and "{{made-up}}", which stands for a secret
// that the program wants to be given and that does not matter.
[[nodiscard]] std::string fill_placeholders(std::string word, const HttpTransport& transport);

}  // namespace recrank::program
