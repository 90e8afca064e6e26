// An engine's meter: whatever it writes, nothing is thrown.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "replay/agoric/xsnap_meter.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static_cast<void>(
      recrank::agoric::parse_meter(std::string_view(reinterpret_cast<const char*>(data), size)));
  return 0;
}
