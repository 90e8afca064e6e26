#include "replay/program/http_transport.h"

#include <array>
#include <string_view>
#include <utility>

namespace recrank::program {

std::string stub_url(const HttpTransport& transport) {
  return "http://127.0.0.1:" + std::to_string(transport.stub_port);
}

InnerSockets inner_sockets_for(const HttpTransport& transport) {
  return {{transport.stub_port}, transport.event_port == 0 ? 0 : kEventConnections};
}

std::string to_words(const HttpTransport& transport) {
  const std::string events = transport.event_port == 0
                                 ? "stdin"
                                 : std::to_string(transport.event_port) + transport.event_path;
  return "http stub " + std::to_string(transport.stub_port) + ", events to " + events;
}

std::string fill_placeholders(std::string word, const HttpTransport& transport) {
  const std::array<std::pair<std::string_view, std::string>, 2> kPlaceholders{
      {{"{{stub}}", stub_url(transport)}, {"{{made-up}}", "made-up"}}};
  for (const auto& [name, value] : kPlaceholders) {
    for (size_t at = word.find(name); at != std::string::npos;
         at = word.find(name, at + value.size())) {
      word.replace(at, name.size(), value);
    }
  }
  return word;
}

}  // namespace recrank::program
