#include "harness/shrink/shrink_state.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/fd.h"
#include "base/scratch_dir.h"

namespace recrank {
namespace shrink_state_test {

class StateFile : public testing::Test {
 protected:
  StateFile() {
    ShrinkState state;
    state.fingerprint = "f1";
    state.starts["snapshot@27"].add({0, 1, 2, 7}, ProbeAnswer::kHolds);
    state.starts["snapshot@27"].add({}, ProbeAnswer::kFails);
    state.starts["genesis"].add({4}, ProbeAnswer::kUnknown);
    save_shrink_state(file_, state);
  }
  std::string text() const { return read_small_file(file_, 1 << 20); }
  void write(const std::string& bytes) const { std::ofstream(file_, std::ios::binary) << bytes; }

  ScratchDir scratch_;
  std::filesystem::path file_ = scratch_.path() / "x.shrink-state";
};

TEST_F(StateFile, IsReadBack) {
  const ShrinkState state = load_shrink_state(file_, "f1");
  ASSERT_EQ(state.starts.size(), 2U);
  EXPECT_EQ(state.starts.at("snapshot@27").find({0, 1, 2, 7}), ProbeAnswer::kHolds);
  EXPECT_EQ(state.starts.at("snapshot@27").find({}), ProbeAnswer::kFails);
  EXPECT_EQ(state.starts.at("genesis").find({4}), ProbeAnswer::kUnknown);
  EXPECT_EQ(state.starts.at("genesis").find({5}), std::nullopt);
}

TEST_F(StateFile, ThatIsNotThereIsAnEmptyOne) {
  EXPECT_TRUE(load_shrink_state(scratch_.path() / "none", "f1").starts.empty());
}

TEST_F(StateFile, OfAnotherShrinkIsAWrongCall) {
  try {
    (void)load_shrink_state(file_, "f2");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_NE(std::string(error.what()).find("remove it"), std::string::npos);
  }
}

TEST_F(StateFile, CutAnywhereIsRefusedOrTellsNothingWrong) {
  const std::string whole = text();
  for (size_t size = 0; size + 1 < whole.size(); size += 3) {
    write(whole.substr(0, size));
    EXPECT_THROW((void)load_shrink_state(file_, "f1"), Error) << size;
  }
}

TEST_F(StateFile, WithAnyByteChangedIsNeverACrash) {
  const std::string whole = text();
  for (size_t at = 0; at < whole.size(); at += 2) {
    for (const char byte : {'9', '"', '[', '\xff'}) {
      std::string changed = whole;
      changed[at] = byte;
      write(changed);
      try {
        (void)load_shrink_state(file_, "f1");
      } catch (const Error&) {
        // refused, in one line
      }
    }
  }
}

}  // namespace shrink_state_test
}  // namespace recrank
