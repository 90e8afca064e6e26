// What the stub answers a request with. Format: docs/formats/journal.md, "Calls"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recrank::program {

struct HttpAnswer {
  enum class Act {
    kRespond,
    kCut,    // the head, and the first `cut_bytes` of the body; then the connection ends
    kStall,  // nothing, and the connection stays open
    kReset,  // the connection is reset before a byte is sent
  };
  Act act = Act::kRespond;
  std::string bytes;  // of kRespond and kCut: as they go out
};

// `answer` is a response of a journal, as JSON. Throws kInvalidData that says what is wrong with
// it.
[[nodiscard]] HttpAnswer parse_http_answer(std::string_view answer);

// The request that gives an event to a program: a POST of `body` to `path` at 127.0.0.1:`port`.
[[nodiscard]] std::string http_post(std::string_view path, uint16_t port, std::string_view body);

}  // namespace recrank::program
