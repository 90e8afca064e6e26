// Every command that a page shows is run as it stands, and what it prints is held to the page.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/scratch_dir.h"
#include "replay/process/namespaces.h"
#include "tests/support/harness/page_session.h"
#include "tests/support/harness/tiny_kernel_test.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace pages_real_test {

namespace fs = std::filesystem;
using testing_support::commands_of_page;
using testing_support::difference;
using testing_support::kKernel;
using testing_support::kTiny;
using testing_support::PageCommand;
using testing_support::Ran;
using testing_support::run_program;

const fs::path kSources = RECRANK_SOURCE_DIR;

std::vector<std::string> pages() {
  std::vector<std::string> all{"README.md", "HACKING.md"};
  for (const auto& entry : fs::recursive_directory_iterator(kSources / "docs")) {
    if (entry.path().extension() == ".md") {
      all.push_back(fs::relative(entry.path(), kSources).string());
    }
  }
  return all;
}

std::vector<PageCommand> commands_of(const std::string& page) {
  std::ifstream in(kSources / page);
  return commands_of_page(std::string(std::istreambuf_iterator<char>(in), {}));
}

std::vector<std::string> pages_with_commands() {
  std::vector<std::string> some;
  for (const std::string& page : pages()) {
    if (!commands_of(page).empty()) some.push_back(page);
  }
  std::sort(some.begin(), some.end());
  return some;
}

// A directory that looks like the one a user is in after ./quickstart.
class Page : public testing_support::TinyKernelTest,
             public testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override {
    TinyKernelTest::SetUp();
    if (IsSkipped()) return;
    const fs::path recordings = scratch_.path() / "build/recordings";
    fs::create_directories(recordings);
    fs::create_directory(scratch_.path() / "scenarios");
    fs::create_directory_symlink(kTiny, recordings / "tiny");
    const Ran planted =
        run_program({(kSources / "third_party/run-node").string(),
                     (kSources / "third_party/recorder/plant.mjs").string(), kKernel.string(),
                     (recordings / "tiny-planted").string(), "--vat", "ledger", "--position",
                     "auto", "--change", "wrong-syscall"});
    ASSERT_EQ(planted.status, 0) << planted.err;
  }

  Ran run(const std::string& command) const {
    return run_program({"sh", "-c", command},
                       {.environment = {"PATH=" RECRANK_BINARY_DIR "/bin:/usr/bin:/bin",
                                        "HOME=" + scratch_.path().string()},
                        .interrupt_after_s = 0,
                        .directory = scratch_.path()});
  }

  ScratchDir scratch_;
};

TEST_P(Page, ShowsCommandsThatRunAndWhatTheyPrint) {
  for (const PageCommand& command : commands_of(GetParam())) {
    const std::string place = GetParam() + ":" + std::to_string(command.line) + ": " + command.text;
    const Ran ran = run(command.text);
    // What it names need not be here; then it says so, and it is no mistake of usage.
    EXPECT_NE(ran.status, 129) << place << "\n" << ran.err;
    EXPECT_NE(ran.status, 127) << place << "\n" << ran.err;
    if (command.output.empty()) continue;
    // Source lines are seen in a network of the worker's own.
    const auto shown = std::find(command.output.begin(), command.output.end(), "  in the source");
    if (shown != command.output.end() && !try_namespaces().empty()) continue;
    const std::string differs = difference(command, ran.out + ran.err);
    EXPECT_TRUE(differs.empty()) << place << "\n" << differs;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Page, testing::ValuesIn(pages_with_commands()), [](const auto& page) {
  std::string name = page.param;
  for (char& each : name) {
    if (std::isalnum(static_cast<unsigned char>(each)) == 0) each = '_';
  }
  return name;
});

}  // namespace pages_real_test
}  // namespace recrank
