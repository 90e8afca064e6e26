// `recrank compare` of whole nodes: which vat differs first in the order of the chain, by block and
// crank, from slogs and from databases with logs beside them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/scratch_dir.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/lmdb_fixture.h"
#include "tests/support/snapshot/recrank_process.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank {
namespace compare_e2e_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::Ran;
using testing_support::run_recrank;

// What a node did, crank by crank: four to each block from 100 on, v2 and v10 in turn.
class History {
 public:
  History() {
    for (uint64_t i = 0; i < 24; ++i)
      did_.push_back({i % 2 == 0 ? "v2" : "v10", "m" + std::to_string(i)});
  }
  // The delivery of that crank (from 1 on) is another one.
  History& otherwise(uint64_t crank) {
    did_.at(crank - 1).what += " otherwise";
    return *this;
  }
  // Another vat gets a delivery in that crank; what followed comes one crank later.
  History& insert(uint64_t crank, const std::string& vat) {
    did_.insert(did_.begin() + static_cast<ptrdiff_t>(crank - 1), {vat, "of " + vat});
    return *this;
  }
  // The first block is longer than the others.
  History& second_block_at(uint64_t crank) {
    second_block_ = crank;
    return *this;
  }
  History& salt(const std::string& text) {
    for (Delivery& each : did_) each.what += text;
    return *this;
  }

  [[nodiscard]] std::string slog() const {
    SlogText log(SlogText::kOf2021);
    log.process();
    for (const char* vat : {"v2", "v3", "v10"}) log.create(vat, name_of(vat)).replay(vat, 0);
    uint64_t height = 99;
    for (uint64_t crank = 1; crank <= did_.size(); ++crank) {
      const bool later = crank >= second_block_ && (crank - second_block_) % 4 == 0;
      if (crank == 1 || later) log.block(++height);
      log.deliver(did_[crank - 1].vat, did_[crank - 1].what, {{"get", "null"}});
    }
    return log.text;
  }
  void write_kernel(const fs::path& directory) const {
    LmdbFixture kernel(directory);
    kernel.put_genesis();
    for (const char* vat : {"v2", "v3", "v10"}) {
      LmdbFixture::Vat stored{.id = vat, .name = name_of(vat)};
      for (const Delivery& each : did_) {
        if (each.vat != vat) continue;
        stored.entries.push_back(R"({"d":["message",")" + each.what +
                                 R"("],"syscalls":[{"d":["get"]}]})");
      }
      kernel.put_vat(stored);
    }
    kernel.put_next_vat_id(11);
    kernel.commit();
  }

 private:
  struct Delivery {
    std::string vat;
    std::string what;
  };
  static std::string name_of(const std::string& vat) { return "vat-" + vat.substr(1); }

  std::vector<Delivery> did_;
  uint64_t second_block_ = 5;  // the crank that it begins with
};

class CompareNodes : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const {
    return (scratch_.path() / name).string();
  }
  [[nodiscard]] std::string slog(const std::string& name, const History& history) const {
    fs::create_directories(fs::path(at(name)).parent_path());
    std::ofstream(at(name)) << history.slog();
    return at(name);
  }
  // A node's directory with its database.
  [[nodiscard]] std::string node(const std::string& name, const History& history) const {
    history.write_kernel(scratch_.path() / name / "kernel");
    return at(name);
  }
  [[nodiscard]] static json report(const std::string& a, const std::string& b, int status) {
    const Ran ran = run_recrank({"compare", a, b, "--json", "-"});
    EXPECT_EQ(ran.status, status) << ran.out << ran.err;
    return json::parse(ran.out);
  }

  ScratchDir scratch_;
};

TEST_F(CompareNodes, OfTwoVatsThatDifferTheEarlierCrankIsNamedFirstWhateverTheirOrder) {
  const std::string a = slog("a.slog", {});
  const json later = report(a, slog("b.slog", History().otherwise(13).otherwise(8)), 1).at("first");
  EXPECT_EQ(later, json::parse(R"({"subject":"v10","name":"vat-10","step":3,"field":"delivery",
      "block":101,"crank":8,"a":"[\"message\",\"m7\"]","b":"[\"message\",\"m7 otherwise\"]",
      "difference":{"path":"[1]","byte":14,"a":"\"m7\"","b":"\"m7 otherwise\""}})"));
  const json earlier =
      report(a, slog("c.slog", History().otherwise(7).otherwise(8)), 1).at("first");
  EXPECT_EQ(earlier.at("subject"), "v2");
  EXPECT_EQ(earlier.at("crank"), 7);
}

TEST_F(CompareNodes, WhatBothAgreeOnEndsInFrontOfTheFirstDifference) {
  const std::string a = slog("a.slog", {});
  const std::string b = slog("b.slog", History().otherwise(13).otherwise(8));
  EXPECT_EQ(report(a, b, 1).at("agreed"),
            json::parse(R"({"deliveries":7,"vats":2,"blocks":{"first":100,"last":101},
                            "cranks":{"first":1,"last":7,"with_deliveries":7}})"));
  const Ran ran = run_recrank({"compare", a, b});
  EXPECT_THAT(
      ran.out,
      HasSubstr(
          "first in the order of the chain: block 101, crank 8, v10 vat-10, step 3, delivery\n"));
  EXPECT_THAT(
      ran.out,
      HasSubstr(
          "before it both agree on blocks 100..101, 7 cranks (1..7), 7 deliveries of 2 vats\n"));
  EXPECT_THAT(ran.out, HasSubstr("v2 vat-2  DIFFERS at step 6, delivery, block 103, crank 13\n"));
}

TEST_F(CompareNodes, EqualLogsAgreeOnAllThatTheyHold) {
  const json found = report(slog("a.slog", {}), slog("b.slog", {}), 0);
  EXPECT_FALSE(found.contains("first"));
  EXPECT_EQ(found.at("agreed"),
            json::parse(R"({"deliveries":24,"vats":2,"blocks":{"first":100,"last":105},
                            "cranks":{"first":1,"last":24,"with_deliveries":24}})"));
}

TEST_F(CompareNodes, TheSameStepInAnotherBlockIsADifference) {
  const json found = report(slog("a.slog", {}), slog("b.slog", History().second_block_at(7)), 1);
  EXPECT_EQ(found.at("first"),
            json::parse(R"({"subject":"v2","name":"vat-2","step":2,"field":"block",
      "block":100,"crank":5,"a":"101","b":"100",
      "difference":{"path":"","byte":2,"a":"101","b":"100","delta":"-1"}})"));
  EXPECT_EQ(found.at("agreed").at("cranks").at("last"), 4);
}

TEST_F(CompareNodes, TheSameStepInAnotherCrankIsADifference) {
  const json found = report(slog("a.slog", {}), slog("b.slog", History().insert(6, "v3")), 1);
  EXPECT_EQ(found.at("first"),
            json::parse(R"({"subject":"v10","name":"vat-10","step":2,"field":"crank",
      "block":101,"crank":6,"a":"6","b":"7",
      "difference":{"path":"","byte":0,"a":"6","b":"7","delta":"+1"}})"));
  EXPECT_EQ(found.at("agreed").at("deliveries"), 5);
  for (const json& each : found.at("subjects")) {
    if (each.at("subject").at("id") != "v3") continue;
    EXPECT_EQ(each.at("only"),
              json::parse(R"([{"in":"B","from":0,"to":0,"recorded_failures":0}])"));
  }
}

TEST_F(CompareNodes, LeavesBlocksAndCranksAloneWhenFactsAreLeftOut) {
  const std::string a = slog("a.slog", {});
  const std::string b = slog("b.slog", History().second_block_at(7).insert(6, "v3"));
  EXPECT_EQ(
      run_recrank({"compare", a, b, "--compare", "syscalls,result,computrons,snapshots"}).status,
      0);
  EXPECT_EQ(run_recrank({"compare", a, b}).status, 1);
}

TEST_F(CompareNodes, DatabasesAreOrderedByTheLogsBesideThemAndChangedByNothing) {
  const History other = History().otherwise(13).otherwise(8);
  const std::string a = node("a", {});
  const std::string b = node("b", other);
  static_cast<void>(slog("a/chain.slog", {}));
  static_cast<void>(slog("b/logs/chain.slog", other));
  const auto before = evidence_state(scratch_.path());
  const json found = report(a, b, 1);
  EXPECT_EQ(found.at("a").at("kind"), "kerneldb-lmdb");
  EXPECT_EQ(found.at("first").at("subject"), "v10");
  EXPECT_EQ(found.at("first").at("block"), 101);
  EXPECT_EQ(found.at("first").at("crank"), 8);
  EXPECT_EQ(found.at("agreed").at("deliveries"), 7);
  EXPECT_EQ(found.at("placed_by"), json::array({"A: chain.slog", "B: logs/chain.slog"}));
  EXPECT_EQ(evidence_state(scratch_.path()), before);
}

TEST_F(CompareNodes, TheLogOfOneSideIsEnough) {
  const History other = History().otherwise(13).otherwise(8);
  const std::string a = node("a", {});
  const std::string b = node("b", other);
  static_cast<void>(slog("b/chain.slog", other));
  EXPECT_EQ(report(a, b, 1).at("first").at("crank"), 8);
  EXPECT_EQ(report(b, a, 1).at("first").at("crank"), 8);
}

TEST_F(CompareNodes, WithoutALogTheOrderIsNotKnownAndSaidToBe) {
  const std::string a = node("a", {});
  const std::string b = node("b", History().otherwise(13).otherwise(8));
  const json found = report(a, b, 1);
  EXPECT_FALSE(found.contains("first"));
  EXPECT_FALSE(found.contains("agreed"));
  EXPECT_FALSE(found.contains("placed_by"));
  EXPECT_THAT(
      run_recrank({"compare", a, b}).out,
      AllOf(HasSubstr("which of the differences came first is not known"),
            HasSubstr("v2 vat-2  DIFFERS at step 6, delivery\n"),
            HasSubstr("v10 vat-10  DIFFERS at step 3, delivery\n"), Not(HasSubstr("crank 8"))));
}

TEST_F(CompareNodes, ALogOfAnotherChainIsNotBelieved) {
  const std::string a = node("a", {});
  const std::string b = node("b", History().otherwise(13).otherwise(8));
  static_cast<void>(slog("a/chain.slog", History().salt(" of another chain")));
  EXPECT_FALSE(report(a, b, 1).contains("first"));
  EXPECT_THAT(run_recrank({"compare", a, b}).out, HasSubstr("came first is not known"));
}

// Only the log that does tell of one of the two deliveries decides; the other is passed over.
TEST_F(CompareNodes, ALogOfAnotherChainDoesNotHideTheOneThatTells) {
  const std::string a = node("a", {});
  const std::string b = node("b", History().otherwise(13).otherwise(8));
  static_cast<void>(slog("a/a.slog", History().insert(1, "v3").salt(" of another chain")));
  static_cast<void>(slog("a/b.slog", {}));
  EXPECT_EQ(report(a, b, 1).at("first").at("crank"), 8);
}

TEST_F(CompareNodes, ALogThatCannotBeReadIsANoteAndTheComparisonStands) {
  const std::string a = node("a", {});
  const std::string b = node("b", History().otherwise(13).otherwise(8));
  std::ofstream(at("a/torn.slog.gz"), std::ios::binary) << std::string("\x1f\x8b\x08\0\0\0\0\0", 8);
  std::ofstream(at("a/torn.slog")) << R"({"time":1,"type":"import-kernel-st)";
  const Ran ran = run_recrank({"compare", a, b});
  EXPECT_EQ(ran.status, 1) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("came first is not known"));
}

TEST_F(CompareNodes, FilesThatAreNamedHaveNoLogsBesideThem) {
  const std::string a = node("a", {});
  const std::string b = node("b", History().otherwise(13).otherwise(8));
  static_cast<void>(slog("a/chain.slog", {}));
  EXPECT_FALSE(report(a + "/kernel/data.mdb", b + "/kernel/data.mdb", 1).contains("first"));
}

TEST_F(CompareNodes, ADatabaseAndItsOwnLogAgree) {
  const json found = report(node("a", {}), slog("chain.slog", {}), 0);
  EXPECT_EQ(found.at("agreed").at("deliveries"), 24);
  EXPECT_EQ(found.at("agreed").at("cranks").at("last"), 24);
}

}  // namespace compare_e2e_test
}  // namespace recrank
