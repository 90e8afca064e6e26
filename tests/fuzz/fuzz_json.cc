// Slices, unescapes and compares arbitrary bytes; only recrank::Error may come out.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/json_cursor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!recrank::json_equal(text, text)) std::abort();
  if (recrank::json_unescape(recrank::json_quote(text)) != text) std::abort();
  try {
    recrank::JsonCursor cursor(text);
    const std::string_view value = cursor.raw_value();
    recrank::JsonCursor again(value);  // what was cut out is itself a value
    again.skip_value();
    again.expect_end();
  } catch (const recrank::Error&) {
    return 0;
  }
  return 0;
}
