// The report of recrank-shim, which holds what a hostile engine has in its memory.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "replay/crash/crash_report.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const recrank::CrashReport report = recrank::parse_crash_report(text);
    // Whatever is taken is a report that could have been written.
    if (recrank::write_crash_report(report) != text) std::abort();
    static_cast<void>(recrank::fault_words(report.cause()));
  } catch (const recrank::Error&) {  // NOLINT(bugprone-empty-catch): refused, as it should be
  }
  return 0;
}
