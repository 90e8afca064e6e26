#include "harness/engines/engine_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"

namespace recrank {
namespace engine_registry_test {

using testing::HasSubstr;

TEST(OpenEngine, RefusesAnEngineFileOfAKindThatNoSystemHas) {
  const ScratchDir scratch;
  EngineEntry entry;
  entry.worker = scratch.path() / "e.json";
  std::ofstream(entry.worker) << R"({"schema":"recrank.engine/1","kind":"xsnap","program":"cat"})";
  try {
    static_cast<void>(open_engine(entry));
    ADD_FAILURE() << "opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    EXPECT_THAT(
        error.what(),
        HasSubstr("its kind is none of \"henyey\", \"process\", \"redis\" and \"sqlite3\""));
  }
}

}  // namespace engine_registry_test
}  // namespace recrank
