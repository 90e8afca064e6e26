// A step that recrank made itself, with all its bytes owned.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "snapshot/step.h"

namespace recrank {

struct MadeCall {
  std::string call;
  std::string answer;
};

struct MadeFact {
  std::string name;
  std::string value;
  bool local = false;
};

// The members mean what those of Step mean (step.h).
struct MadeStep {
  uint64_t origin = 0;  // its number in the recording that it was taken from
  StepKind kind = StepKind::kDelivery;
  std::string delivery;
  std::vector<MadeCall> calls;
  std::optional<RecordedStatus> status;
  std::string failure_text;
  std::optional<uint64_t> computrons;
  std::string expected_snapshot;
  std::string expected_result = {};
  std::vector<MadeFact> facts = {};
  bool facts_tell_delivery = false;
  std::string summary = {};
  std::optional<uint64_t> block = {};
  std::optional<uint64_t> crank = {};
  bool open_end = false;
  bool unclaimed = false;

  [[nodiscard]] size_t bytes() const;
};

}  // namespace recrank
