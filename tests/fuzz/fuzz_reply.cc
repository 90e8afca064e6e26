// What a hostile worker may write inside a frame.

#include <cstdint>
#include <string>
#include <string_view>

#include "replay/agoric/xsnap_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string problem;
  if (const auto reply = recrank::agoric::parse_command_reply(text, problem)) {
    static_cast<void>(recrank::agoric::delivery_was_ok(reply->result));
  }
  static_cast<void>(recrank::agoric::parse_upcall(text));
  static_cast<void>(recrank::agoric::delivery_was_ok(text));
  return 0;
}
