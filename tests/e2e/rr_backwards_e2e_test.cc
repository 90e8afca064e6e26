// What rr is for: from the crash backwards to what was at fault, steps before it. Nothing here can
// run on a stand-in for rr: RECRANK_RR has to name one that can record.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "base/text.h"
#include "replay/process/rr_program.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace rr_backwards_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;
using testing_support::Ran;

constexpr const char* kJournal = R"({"schema":"recrank.journal/1","subject":"ledger"})"
                                 "\n"
                                 R"({"event":"wait"})"
                                 "\n"
                                 R"({"event":"plant"})"
                                 "\n"
                                 R"({"event":"wait"})"
                                 "\n"
                                 R"({"event":"follow"})"
                                 "\n";

class RrBackwards : public testing::Test {
 protected:
  void SetUp() override {
    const char* const named = std::getenv("RECRANK_RR");
    if (named == nullptr || *named == '\0') GTEST_SKIP() << "skipped: RECRANK_RR names no rr";
    if (program_on_path("gdb").empty()) GTEST_SKIP() << "skipped: gdb is not installed";
    const RrAnswer answer = probe_rr(named, Interrupt());
    if (!answer.usable) GTEST_SKIP() << "skipped: " << answer.why;
    options_.directory = scratch_.path();
    options_.environment = {"RECRANK_RR=" + std::string(named),
                            "RECRANK_HOME=" + (scratch_.path() / "home").string()};
    write("ledger.jsonl", kJournal);
    write("engine.json",
          R"({"schema":"recrank.engine/1","kind":"process","program":")" RECRANK_BINARY_DIR
          R"(/bin/planted_fault"})");
  }
  void write(const char* name, const std::string& text) const {
    std::ofstream(scratch_.path() / name) << text;
  }

  ScratchDir scratch_;
  testing_support::RunOptions options_;
};

// The number of the line of planted_fault.cc that is marked so.
std::string marked_line(const std::string& mark) {
  std::ifstream source(RECRANK_SOURCE_DIR "/tests/stand_ins/planted_fault.cc");
  int number = 0;
  for (std::string line; std::getline(source, line);) {
    ++number;
    if (line.find(mark) != std::string::npos) return std::to_string(number);
  }
  ADD_FAILURE() << "no line is marked " << mark;
  return "";
}

TEST_F(RrBackwards, TheCommandThatIsPrintedLeadsToTheWriteThatPlantedTheFault) {
  const Ran ran = testing_support::run_recrank(
      {"replay", "ledger.jsonl", "--engine", "engine.json", "--capture", "rr", "--json", "-"},
      options_);
  ASSERT_EQ(ran.status, 2) << ran.out << ran.err;
  const json verdict = json::parse(ran.out).at("verdict");
  EXPECT_EQ(verdict.at("step"), 3);
  ASSERT_TRUE(verdict.at("rr").contains("command")) << verdict.at("rr").dump();

  write("commands",
        "set pagination off\n"
        "reverse-continue\n"  // from the end to the signal
        "echo at the crash:\\n\n"
        "print ledger.first\n"
        "watch -location ledger.first\n"
        "reverse-continue\n"
        "echo at the fault:\\n\n"
        "backtrace\n");
  const Ran gdb = testing_support::run_program(
      {"/bin/sh", "-c", verdict.at("rr").at("command").get<std::string>() + " <commands 2>&1"},
      options_);
  EXPECT_THAT(gdb.out, HasSubstr("SIGSEGV"));
  const size_t fault = gdb.out.find("at the fault:");
  ASSERT_NE(fault, std::string::npos) << gdb.out;
  EXPECT_THAT(gdb.out.substr(fault), HasSubstr("planted_fault.cc:" + marked_line("// the fault")))
      << gdb.out;
}

}  // namespace rr_backwards_e2e_test
}  // namespace recrank
