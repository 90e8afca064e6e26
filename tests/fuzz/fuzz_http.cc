// What a program sends over HTTP, and what a journal answers it with; both may be anything.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_cursor.h"
#include "replay/program/http_answer.h"
#include "replay/program/http_message.h"
#include "snapshot/journal/http_call.h"

namespace {

constexpr uint64_t kBodyMax = 4096;

void read(recrank::program::HttpReader::Side side, std::string_view bytes) {
  recrank::program::HttpReader reader(side, kBodyMax);
  const size_t half = bytes.size() / 2;
  auto status = reader.feed(bytes.substr(0, half));
  if (status == recrank::program::HttpStatus::kMore) status = reader.feed(bytes.substr(half));
  if (status == recrank::program::HttpStatus::kMore && reader.begun()) status = reader.feed_end();
  if (status != recrank::program::HttpStatus::kDone) return;
  if (reader.body().size() > kBodyMax) std::abort();
  if (side != recrank::program::HttpReader::Side::kRequests) return;
  const std::string call =
      recrank::program::http_call_text(reader.method(), reader.target(), reader.body());
  recrank::JsonCursor cursor(call);
  cursor.skip_value();
  cursor.expect_end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read(recrank::program::HttpReader::Side::kRequests, bytes);
  read(recrank::program::HttpReader::Side::kResponses, bytes);
  try {
    static_cast<void>(recrank::program::parse_http_answer(bytes));
  } catch (const recrank::Error&) {
  }
  return 0;
}
