// A log, which may be anything.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "replay/triage/triage.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  recrank::Triage triage;
  triage.begin_file("log");
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    triage.take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  triage.end_file();
  for (const recrank::CrashClass& each : triage.finish().classes) {
    const std::string& line = each.sample.signature;
    if (each.count == 0 || line.empty() || recrank::printable(line, line.size()) != line)
      std::abort();
  }
  return 0;
}
