// The last words of a program, which may be anything.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "replay/crash/last_words.h"
#include "replay/crash/program_death.h"
#include "replay/crash/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kLineMax = 1000;
  recrank::ProcessEnd end;
  const std::string_view words(reinterpret_cast<const char*>(data), size);
  end.exit_status = size % 2 == 0 ? 1 : size % 3 == 0 ? 2 : 101;
  end.death = recrank::parse_program_death(words, end.exit_status);
  end.last_line = recrank::steady_last_line(words);
  const std::string line = recrank::crash_signature(end);
  const bool sound = line.size() < kLineMax && line.find('\n') == std::string::npos &&
                     line.find('\x1b') == std::string::npos;
  if (!sound || (end.death && end.death->name.empty())) std::abort();
  return 0;
}
