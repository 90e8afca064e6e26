// Logs of real kernels against what the databases beside them hold.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <fstream>

#include "base/hash.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/agoric/slog/slog.h"
#include "snapshot/agoric/swingstore/swingstore_sqlite.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank::agoric {
namespace slog_recorded_test {

const std::filesystem::path kData =
    std::filesystem::path(RECRANK_SOURCE_DIR) / "../shared/data/agoric-2021";

// The step as the database of the era spells it: {"d":…,"syscalls":[{"d":…,"response":…}]}.
std::string entry_of(const Step& step) {
  std::string entry = "{\"d\":" + std::string(step.delivery) + ",\"syscalls\":[";
  for (const ExpectedCall& call : step.calls) {
    if (entry.back() != '[') entry += ",";
    entry += "{\"d\":" + std::string(call.call);
    const bool undefined =
        call.call.starts_with("[\"vatstoreGet\"") && call.answer == "[\"ok\",null]";
    if (!undefined) {
      entry += ",\"response\":" + std::string(call.answer.substr(6, call.answer.size() - 7));
    }
    entry += "}";
  }
  return entry + "]}\n";
}

class SlogRecorded : public testing::TestWithParam<const char*> {};

TEST_P(SlogRecorded, GivesTheTranscriptsOfTheDatabase) {
  const std::string text = read_gz(kData / GetParam() / "chain.slog.gz");
  if (text.empty()) GTEST_SKIP() << "skipped: no recorded data";
  nlohmann::json expected;
  std::ifstream(kData / GetParam() / "expected.json") >> expected;
  const OpenedSlog slog(text);
  EXPECT_EQ(notes_of(*slog), "");
  EXPECT_TRUE(slog->verify({}).damage.empty());
  for (const auto& [id, vat] : expected.at("vats").items()) {
    const Subject& subject = find_subject(*slog, id);
    EXPECT_EQ(subject.held_count(), vat.at("deliveries").get<uint64_t>());
    EXPECT_EQ(subject.manager, vat.at("managerType").get<std::string>());
    EXPECT_EQ(subject.name, vat.at("name").is_null() ? "" : vat.at("name").get<std::string>());
    EXPECT_EQ(subject.state, SubjectState::kAlive);
    Sha256 hash;
    Step step;
    uint64_t number = 0;
    for (const StepRange& range : subject.held) {
      const auto stream = slog->steps(id, range);
      for (; stream->next(step); ++number) {
        EXPECT_EQ(step.number, number);
        EXPECT_EQ(step.status, RecordedStatus::kOk);
        EXPECT_TRUE(step.computrons);
        hash.update(entry_of(step));
      }
    }
    EXPECT_EQ(hash.finish_hex(), vat.at("transcript_sha256").get<std::string>()) << id;
  }
}

INSTANTIATE_TEST_SUITE_P(All, SlogRecorded, testing::Values("kerneldb-lmdb", "kerneldb-restart"),
                         [](const auto& which) {
                           return std::string(which.param) == "kerneldb-lmdb" ? "Chain" : "Restart";
                         });

TEST(SlogRecordedEnds, HoldTheFailuresThatTheDatabaseForgot) {
  const std::string text = read_gz(kData / "kerneldb-lmdb" / "chain.slog.gz");
  if (text.empty()) GTEST_SKIP() << "skipped: no recorded data";
  const OpenedSlog slog(text);
  const std::pair<const char*, const char*> failures[] = {{"v12", "Compute meter exceeded"},
                                                          {"v13", "Stack meter exceeded"},
                                                          {"v14", "Allocate meter exceeded"}};
  for (const auto& [id, why] : failures) {
    const Subject& subject = find_subject(*slog, id);
    EXPECT_EQ(subject.state, SubjectState::kTerminated);
    const uint64_t last = subject.held.at(0).end - 1;
    Step step;
    ASSERT_TRUE(slog->steps(id, {last, last + 1})->next(step));
    EXPECT_EQ(step.status, RecordedStatus::kFailed);
    EXPECT_EQ(step.failure_text, why);
  }
  EXPECT_EQ(find_subject(*slog, "v9").state, SubjectState::kTerminated) << "killed by vatAdmin";
  const recrank::Setup setup = slog->setup("v12", 0);
  EXPECT_EQ(setup.get(kVatParameters), "{\"who\":\"short-spin\"}");
  EXPECT_EQ(setup.label, "v12:undefined");
}

// All that a replay would see of a step. The log does not have the worker's options, which stand in
// "initialize-worker".
std::string spelled_out(const Step& step) {
  std::string text =
      std::to_string(step.number) + " " + std::to_string(static_cast<int>(step.kind));
  if (step.kind != StepKind::kInitializeWorker) text += " " + std::string(step.delivery);
  for (const ExpectedCall& call : step.calls) {
    text += "\n" + std::string(call.call) + " " + std::string(call.answer);
  }
  return text + "\n" + std::to_string(step.computrons.value_or(0)) + " " +
         std::string(step.expected_snapshot);
}

class SlogBesideStore : public testing::TestWithParam<const char*> {};

// Every vat, with the numbers of the steps that the log does not show, through restarts, upgrades
// and a failed upgrade.
TEST_P(SlogBesideStore, GivesTheSameSteps) {
  const auto directory = std::filesystem::path(RECRANK_DATA_DIR) / "recordings" / GetParam();
  if (!std::filesystem::exists(directory / "chain.slog")) {
    GTEST_SKIP() << "skipped: no recording in " << directory;
  }
  const auto slog = open_slog(directory / "chain.slog", "chain.slog");
  const auto store = open_swingstore_sqlite(directory / "kernel/swingstore.sqlite", "store");
  EXPECT_TRUE(slog->verify({}).damage.empty());
  for (const Subject& stored : store->subjects()) {
    const Subject& logged = find_subject(*slog, stored.id);
    EXPECT_EQ(logged.name, stored.name);
    EXPECT_EQ(logged.manager, stored.manager);
    EXPECT_EQ(logged.state, stored.state) << stored.id;
    EXPECT_EQ(logged.incarnations, stored.incarnations) << stored.id;
    EXPECT_EQ(logged.held.size(), stored.held.size()) << stored.id;
    for (const StepRange& range : stored.held) {
      const auto expected = store->steps(stored.id, range);
      const auto got = slog->steps(stored.id, range);
      Step wanted;
      Step step;
      while (expected->next(wanted)) {
        ASSERT_TRUE(got->next(step));
        ASSERT_EQ(spelled_out(step), spelled_out(wanted)) << stored.id;
      }
    }
    const auto checkpoints = slog->checkpoints(stored.id);
    const auto stored_checkpoints = store->checkpoints(stored.id);
    ASSERT_EQ(checkpoints.size(), stored_checkpoints.size()) << stored.id;
    for (size_t i = 0; i < checkpoints.size(); ++i) {
      EXPECT_EQ(checkpoints[i].label(), stored_checkpoints[i].label());
      EXPECT_EQ(checkpoints[i].sha256, stored_checkpoints[i].sha256);
    }
    if (stored.held.empty()) continue;
    const recrank::Setup setup = slog->setup(stored.id, 0);
    EXPECT_EQ(setup.get(kVatBundle), store->setup(stored.id, 0).get(kVatBundle)) << stored.id;
    EXPECT_EQ(setup.label, store->setup(stored.id, 0).label);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SlogBesideStore, testing::Values("tiny", "rough"),
                         [](const auto& which) { return std::string(which.param); });

}  // namespace slog_recorded_test
}  // namespace recrank::agoric
