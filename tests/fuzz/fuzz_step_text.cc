// Transcript entries of both eras.

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "snapshot/agoric/transcript_entry_2021.h"
#include "snapshot/agoric/transcript_item.h"
#include "snapshot/step.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  recrank::Step step;
  try {
    step.clear();
    recrank::agoric::parse_modern_item(text, step);
  } catch (const recrank::Error&) {
    step.clear();
  }
  for (const auto form :
       {recrank::agoric::ResponseForm::kBareValue, recrank::agoric::ResponseForm::kWholeResult}) {
    try {
      step.clear();
      recrank::agoric::parse_entry_2021(text, step, form);
    } catch (const recrank::Error&) {
      step.clear();
    }
  }
  return 0;
}
