// A Montana directory in a scratch place, and what a recording of it says.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/scratch_dir.h"
#include "snapshot/open/open_recording.h"
#include "snapshot/recording.h"

namespace recrank::montana {
namespace montana_test {

namespace fs = std::filesystem;

inline std::string fact(const Recording& recording, const std::string& name) {
  for (const auto& [key, value] : recording.info().facts) {
    if (key == name) return value;
  }
  return "no such fact";
}

inline std::string notes(const Recording& recording) {
  std::string text;
  for (const std::string& note : recording.info().notes) text += note + "|";
  return text;
}

inline std::string damage(const Recording& recording, const VerifyScope& scope = {}) {
  std::string text;
  for (const Damage& each : recording.verify(scope).damage)
    text += each.place + ": " + each.what + "|";
  return text;
}

inline std::string uncovered(const Recording& recording) {
  std::string text;
  for (const std::string& each : recording.verify({}).uncovered) text += each + "|";
  return text;
}

class MontanaDirectory : public testing::Test {
 protected:
  [[nodiscard]] fs::path place(const std::string& name = "node") const {
    return scratch_.path() / name;
  }
  [[nodiscard]] std::unique_ptr<Recording> open() const { return open_recording(place()); }

  ScratchDir scratch_;
};

}  // namespace montana_test
}  // namespace recrank::montana
