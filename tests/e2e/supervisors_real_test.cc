// docs/supervisors.md: where the system calls changed, on the recorded kernel and the real engine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/engines/engine_candidates.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace supervisors_real_test {

using namespace agoric;

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kKernel = fs::path(RECRANK_DATA_DIR) / "recordings/tiny/kernel/swingstore.sqlite";
const fs::path kEngine = fs::path(RECRANK_DATA_DIR) / "engines/xsnap-0.15.0";
const fs::path kBundles = fs::path(RECRANK_SOURCE_DIR) / "third_party/bundles";

class RealSupervisors : public testing::Test {
 protected:
  void SetUp() override {
    for (const fs::path& needed : {kKernel, kEngine}) {
      if (!fs::exists(needed)) GTEST_SKIP() << "skipped: no " << needed << "; ./check makes it";
    }
    if (!fs::exists(kBundles / "node_modules"))
      GTEST_SKIP() << "skipped: run scripts/fetch-bundles";
  }
  [[nodiscard]] static json verdict(const std::string& words, int status) {
    const auto ran = testing_support::run_program(
        {"/bin/sh", "-c",
         RECRANK_BINARY_DIR "/bin/recrank replay " + kKernel.string() +
             " --vat shortlived --from-genesis --compare syscalls,result --json - " + words});
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out).at("verdict");
  }
};

TEST_F(RealSupervisors, ChangedTheSystemCallsWhereThePageSaysSo) {
  std::vector<CandidateSpec> specs;
  for (const char* release :
       {"0.9.1-dev-0db9680.0", "0.10.2", "0.10.3-u18.1", "0.10.3-dev-f9483e7.0", "0.11.0"}) {
    CandidateSpec spec;
    spec.name = release;
    spec.engine = kEngine.string();
    spec.parts.emplace_back(kSupervisor,
                            kBundles / "node_modules" / (std::string("supervisor-") + release));
    specs.push_back(spec);
  }
  const EngineRegistry registry = EngineRegistry::load();
  const auto candidates = listed_candidates(registry, kXsnap2024, specs);
  const Interrupt never;
  const std::vector<std::string> fields{"syscall extra", "syscall missing", "syscall missing", "",
                                        ""};
  for (size_t i = 0; i < candidates->size(); ++i) {
    const OpenedCandidate opened = candidates->open(i, never);
    ASSERT_TRUE(opened.engine) << opened.missing;
    // The words of the candidate are those that a reproducer shows: they must do the same.
    const json found = verdict(opened.command_words, fields[i].empty() ? 0 : 1);
    EXPECT_EQ(found.value("field", ""), fields[i]) << candidates->name(i);
    EXPECT_EQ(found.value("step", 0), fields[i].empty() ? 0 : 1) << candidates->name(i);
  }
}

TEST_F(RealSupervisors, ThatAreEqualHaveOneKey) {
  auto specs = parse_engine_list((kBundles / "node_modules").string(),
                                 Dimension::of_part(kSupervisor), kEngine.string());
  const size_t count = specs.size();
  const EngineRegistry registry = EngineRegistry::load();
  const auto candidates = listed_candidates(registry, kXsnap2024, std::move(specs));
  const Interrupt never;
  std::set<std::string> keys;
  for (size_t i = 0; i < count; ++i) keys.insert(candidates->open(i, never).key);
  EXPECT_EQ(count, 21U);
  EXPECT_EQ(keys.size(), 10U);
}

}  // namespace supervisors_real_test
}  // namespace recrank
