// The last words of a program, which may be anything.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "replay/crash/js_death.h"
#include "replay/crash/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kLineMax = 1000;
  recrank::ProcessEnd end;
  end.exit_status = 1;
  end.js_death = recrank::parse_js_death({reinterpret_cast<const char*>(data), size});
  const std::string line = recrank::crash_signature(end);
  const bool sound = line.size() < kLineMax && line.find('\n') == std::string::npos &&
                     line.find('\x1b') == std::string::npos;
  if (!sound || (end.js_death && end.js_death->name.empty())) std::abort();
  return 0;
}
