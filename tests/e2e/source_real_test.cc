// From a verdict to the line of the contract, on the recorded kernel and the real engine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/scratch_dir.h"
#include "replay/process/namespaces.h"
#include "tests/support/harness/tiny_kernel_test.h"
#include "tests/support/snapshot/recrank_process.h"

namespace recrank {
namespace source_real_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing_support::kTiny;
using testing_support::report_of;
using testing_support::run_recrank;

// A difference that is planted into the recording: in the first delivery of that method, the first
// call of that verb whose key begins so. And the line that makes the call.
struct Planted {
  const char* name;
  const char* method;  // "startVat", or that of a message
  const char* verb;
  const char* key;
  const char* line;
};

std::string method_of(const json& entry) {
  const json& delivery = entry.at("vd");
  if (delivery.at(0) != "message") return delivery.at(0);
  const std::string body = delivery.at(2).at("methargs").at("body");
  return json::parse(body.substr(1)).at(0);
}

// The slog with a letter more in that call of the vat ledger, wherever the kernel wrote it.
void plant(const Planted& planted, const fs::path& out) {
  std::ifstream in(kTiny / "chain.slog");
  std::ofstream to(out);
  std::string vat;
  bool there = false;
  bool done = false;
  for (std::string line; std::getline(in, line);) {
    const json entry = json::parse(line);
    const std::string type = entry.at("type");
    if (type == "create-vat" && entry.value("name", "") == "ledger") vat = entry.at("vatID");
    if (type == "deliver" && entry.at("vatID") == vat) {
      there = method_of(entry) == planted.method;
    }
    const bool call = there && !done && type == "syscall" && entry.at("vatID") == vat;
    if (call && entry.at("vsc").at(0) == planted.verb &&
        entry.at("vsc").at(1).get<std::string>().starts_with(planted.key)) {
      json changed = entry;
      changed["vsc"][1] = entry.at("vsc").at(1).get<std::string>() + "x";
      line = changed.dump();
      done = true;
    }
    to << line << "\n";
  }
  ASSERT_TRUE(done) << "the recording has no such call";
}

class RealSource : public testing_support::TinyKernelTest,
                   public testing::WithParamInterface<Planted> {
 protected:
  void SetUp() override {
    TinyKernelTest::SetUp();
    if (const std::string refusal = try_namespaces(); !refusal.empty())
      GTEST_SKIP() << "skipped: a worker is watched in a network of its own: " << refusal;
  }
  // The line that the look names, as the recording has it.
  static std::string line_of(const json& at) {
    const json& source = at.at("source");
    const uint64_t line = at.at("line");
    return source.at("lines").at(line - source.at("first_line").get<uint64_t>());
  }

  ScratchDir scratch_;
};

TEST_P(RealSource, ADivergenceNamesTheLineThatMakesTheCall) {
  const fs::path slog = scratch_.path() / "planted.slog";
  plant(GetParam(), slog);
  const json report = report_of({"replay", slog.string(), "--vat", "ledger", "--js"}, 1);
  const json& js = report.at("verdict").at("js");
  EXPECT_FALSE(js.contains("loss")) << js.dump(1);
  EXPECT_EQ(js.at("at").at("path"), ".../recrank-recorder-vats/ledger.js");
  EXPECT_NE(line_of(js.at("at")).find(GetParam().line), std::string::npos) << js.dump(1);
}

const Planted kPlanted[] = {
    {"Baggage", "startVat", "vatstoreGet", "vc.1.saccount kind", "baggage.init('account kind'"},
    {"OpenInit", "open", "vatstoreGet", "vc.4.|schemata", "accounts.init(name, account)"},
    {"Append", "open", "vatstoreGet", "vc.7.|schemata", "journal.init(newest"},
    {"Balance", "audit", "vatstoreGet", "vom.o+d10", "account.getBalance()"},
};
INSTANTIATE_TEST_SUITE_P(Of, RealSource, testing::ValuesIn(kPlanted),
                         [](const auto& test) { return std::string(test.param.name); });

// With ./check --long (tests/e2e/CMakeLists.txt).
const Planted kMorePlanted[] = {
    {"MapStore", "startVat", "vatstoreSet", "vc.4.|nextOrdinal",
     "makeScalarBigMapStore('accounts'"},
    {"SetStore", "startVat", "vatstoreSet", "vc.5.|nextOrdinal", "makeScalarBigSetStore('owners'"},
    {"WeakStore", "startVat", "vatstoreSet", "vc.6.|nextOrdinal", "makeScalarBigWeakMapStore("},
    {"Journal", "startVat", "vatstoreSet", "vc.7.|nextOrdinal", "makeScalarBigMapStore('journal'"},
    {"Owners", "startVat", "vatstoreGet", "vc.1.sowners", "baggage.init('owners'"},
    {"Notes", "startVat", "vatstoreGet", "vc.1.snotes", "baggage.init('notes'"},
    // Of a call over several lines the engine knows the last that it came by.
    {"Kind", "startVat", "vatstoreSet", "vom.vkind.11.", "read: ({ state })"},
    {"OpenMakes", "open", "vatstoreSet", "vom.dkind.10.nextID", "makeAccount(name)"},
    {"OpenAdd", "open", "vatstoreGet", "vc.5.|schemata", "owners.add(name)"},
    {"OpenNote", "open", "vatstoreGet", "vc.6.|schemata", "notes.init(account"},
    {"Transfer", "transfer", "vatstoreGet", "vc.4.|schemata", "accounts.get(from)"},
    {"TransferNotes", "transfer", "vatstoreGet", "vc.7.|schemata", "journal.init(newest"},
    {"Adjust", "adjust", "vatstoreGet", "vc.6.|schemata", "notes.set(account"},
    {"Walk", "audit", "vatstoreGetNextKey", "vc.4.", "of accounts.values()"},
    {"Size", "audit", "vatstoreGet", "vc.5.|entryCount", "owners.getSize()"},
};
INSTANTIATE_TEST_SUITE_P(DISABLED_More, RealSource, testing::ValuesIn(kMorePlanted),
                         [](const auto& test) { return std::string(test.param.name); });

using RealStops = RealSource;

TEST_F(RealStops, AMeterThatRunsOutNamesTheLoop) {
  const json report =
      report_of({"replay", (kTiny / "chain.slog").string(), "--vat", "spinner", "--js"}, 3);
  const json& at = report.at("verdict").at("js").at("at");
  EXPECT_EQ(at.at("kind"), "stopped");
  EXPECT_EQ(at.at("words"), "too much computation");
  EXPECT_EQ(at.at("function"), "spin");
  EXPECT_NE(line_of(at).find("for (;;) turns += 1;"), std::string::npos) << at.dump(1);
}

TEST_F(RealStops, AHangNamesTheLoopThatItIsIn) {
  const json report = report_of({"replay", (kTiny / "chain.slog").string(), "--vat", "spinner",
                                 "--meter-limit", "0", "--step-limit", "1", "--js"},
                                3);
  EXPECT_EQ(report.at("verdict").at("limit"), "step-wall");
  const json& at = report.at("verdict").at("js").at("at");
  EXPECT_NE(line_of(at).find("for (;;) turns += 1;"), std::string::npos) << at.dump(1);
}

// From the heap before it: three limits, three places.
TEST_F(RealStops, ALowerMeterNamesWhereItWas) {
  for (const char* const limit : {"20000", "40000", "55000"}) {
    const json report = report_of({"replay", (kTiny / "kernel").string(), "--vat", "ledger",
                                   "--from", "45", "--to", "45", "--meter-limit", limit, "--js"},
                                  3);
    const json& at = report.at("verdict").at("js").at("at");
    EXPECT_EQ(at.at("words"), "too much computation");
    const json& frames = at.at("frames");
    const bool in_ledger = std::any_of(frames.begin(), frames.end(), [](const json& frame) {
      return frame.value("path", "").ends_with("ledger.js");
    });
    EXPECT_TRUE(in_ledger) << report.dump(1);
    EXPECT_TRUE(at.at("path").get<std::string>().ends_with("ledger.js")) << at.dump(1);
  }
}

// The parser of the real engine runs out of memory: no debugger stops there, lines are followed.
TEST_F(RealStops, ASegmentationFaultNamesTheLastLineThatWasBegun) {
  for (const char* limit : {"1225MB", "1200MB", "1250MB", "1175MB", "1275MB"}) {
    const auto ran = run_recrank({"replay", (kTiny / "chain.slog").string(), "--vat", "evaluator",
                                  "--memory-limit", limit, "--js", "--json", "-"});
    if (ran.status != 2) continue;
    const json report = json::parse(ran.out);
    if (report.at("verdict").at("step") == 0) continue;
    const json& js = report.at("verdict").at("js");
    ASSERT_TRUE(js.contains("at")) << js.dump(1);
    EXPECT_EQ(js.at("what"), "the last line that was begun before it died");
    EXPECT_NE(line_of(js.at("at")).find("FERAL_FUNCTION(bodyText)"), std::string::npos)
        << js.dump(1);
    return;
  }
  GTEST_SKIP() << "skipped: none of the limits tried makes this build crash in the delivery";
}

// A supervisor that does otherwise in one condition: the lines part where that is met.
TEST_F(RealStops, TwoEnginesPartAtTheLineThatIsOtherwise) {
  const fs::path known = fs::path(RECRANK_DATA_DIR) / "engines" / "xsnap-0.15.0";
  const fs::path other = scratch_.path() / "other";
  fs::copy(known, other);
  std::string supervisor = read_small_file(other / "supervisor.bundle", 16 << 20);
  const std::string condition = "if (!hasWeakKeys) {";
  const size_t place = supervisor.find(condition, supervisor.find("function updateEntryCount"));
  ASSERT_NE(place, std::string::npos);
  supervisor.replace(place, condition.size(), "if (!hasWeakKeys && delta > 9) {");
  fs::permissions(other / "supervisor.bundle", fs::perms::owner_write, fs::perm_options::add);
  std::ofstream(other / "supervisor.bundle", std::ios::binary) << supervisor;
  const json report =
      report_of({"replay", (kTiny / "chain.slog").string(), "--vat", "ledger", "--engine",
                 other.string(), "--js=trace", "--reference-engine", "xsnap-0.15.0"},
                1);
  const json& trace = report.at("verdict").at("js_trace");
  EXPECT_FALSE(trace.contains("loss")) << trace.dump(1);
  EXPECT_GT(trace.at("lines"), 0);
  EXPECT_TRUE(trace.at("there").at("path").get<std::string>().ends_with("collectionManager.js"));
  EXPECT_NE(line_of(trace.at("there")).find("const entryCount"), std::string::npos)
      << trace.dump(1);
  EXPECT_NE(trace.at("here").at("line"), trace.at("there").at("line"));
}

TEST_F(RealStops, WhatWasPrintedShortlyBeforeIsShown) {
  const fs::path slog = scratch_.path() / "planted.slog";
  plant({"", "audit", "vatstoreGet", "vc.5.|entryCount", ""}, slog);
  const json report = report_of({"replay", slog.string(), "--vat", "ledger"}, 1);
  const json& lines = report.at("verdict").at("console").at("lines");
  ASSERT_EQ(lines.size(), 1U) << lines;
  EXPECT_EQ(lines.at(0).at("step"), report.at("verdict").at("step"));
  EXPECT_EQ(lines.at(0).at("text").get<std::string>().find("audit of main ledger "), 0U) << lines;
}

TEST_F(RealStops, TheVerdictIsTheSameWithAndWithoutALook) {
  const std::vector<std::string> words{"replay", (kTiny / "chain.slog").string(), "--vat",
                                       "spinner"};
  json plain = report_of(words, 3);
  std::vector<std::string> looking = words;
  looking.push_back("--js");
  json looked = report_of(looking, 3);
  looked.at("verdict").erase("js");
  for (json* each : {&plain, &looked}) {
    each->erase("cost");
    each->erase("telemetry");
  }
  EXPECT_EQ(plain.at("verdict"), looked.at("verdict"));
  EXPECT_EQ(plain.at("compared"), looked.at("compared"));
}

TEST_F(RealStops, ACheckoutIsShownInsteadOfTheRecording) {
  const fs::path root = fs::path(RECRANK_SOURCE_DIR) / "third_party" / "recorder" / "vats";
  const json report = report_of({"replay", (kTiny / "chain.slog").string(), "--vat", "spinner",
                                 "--js", "--source-root", root.string()},
                                3);
  const json& source = report.at("verdict").at("js").at("at").at("source");
  EXPECT_EQ(source.at("file"), (root / "spinner.js").string());
  EXPECT_EQ(run_recrank({"replay", (kTiny / "chain.slog").string(), "--vat", "spinner", "--js",
                         "--source-root", (root / "none").string()})
                .status,
            129);
}

}  // namespace source_real_test
}  // namespace recrank
