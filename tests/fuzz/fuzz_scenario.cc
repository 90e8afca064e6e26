// A scenario.json of arbitrary bytes: only recrank::Error may come out, on one line that names the
// file and a line in it. What was taken has an expectation for each case that can be known.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "harness/scenario/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  recrank::Scenario scenario;
  try {
    scenario = recrank::parse_scenario("place/name", text);
  } catch (const recrank::Error& error) {
    const std::string what = error.what();
    if (error.code() != recrank::ErrorCode::kInvalidData) std::abort();
    if (what.find('\n') != std::string::npos) std::abort();
    if (!what.starts_with("place/name/scenario.json:")) std::abort();
    return 0;
  }
  if (scenario.engines.empty() && !scenario.reading) std::abort();
  for (const auto& engine : scenario.engines) {
    for (const std::string& subject : scenario.subjects) {
      if (recrank::rule_for(scenario, engine.spec.name, subject) == nullptr) std::abort();
    }
    if (scenario.subjects.empty() &&
        recrank::rule_for(scenario, engine.spec.name, "no such subject") == nullptr &&
        scenario.expect.empty()) {
      std::abort();
    }
  }
  return 0;
}
