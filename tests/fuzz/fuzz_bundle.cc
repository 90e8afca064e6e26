// The bytes of a vat's bundle, as a store or a user's file may hold them.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "snapshot/agoric/bundle_text.h"
#include "snapshot/agoric/compartment_map.h"
#include "snapshot/agoric/endo_zip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    recrank::agoric::check_compartments(recrank::agoric::read_endo_zip(bytes));
  } catch (const recrank::Error&) {
    // Damage is told.
  }
  try {
    static_cast<void>(recrank::agoric::bundle_json_of_file(std::string(bytes)));
  } catch (const recrank::Error&) {
    // Damage is told.
  }
  return 0;
}
