#include "harness/session/telemetry_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/error.h"

namespace recrank {
namespace telemetry_file_test {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

StepTelemetry row_of(std::string_view vat, uint64_t run, uint64_t step) {
  StepTelemetry telemetry;
  telemetry.subject_id = vat;
  telemetry.run = run;
  telemetry.step = step;
  telemetry.delivery = true;
  telemetry.process = 1;
  return telemetry;
}

std::vector<std::string> lines_of(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// "v6 0 3" of each JSON line.
std::vector<std::string> places_of(const fs::path& path) {
  std::vector<std::string> places;
  for (const std::string& line : lines_of(path)) {
    const json row = json::parse(line);
    places.push_back(row.at("vat").get<std::string>() + " " + row.at("run").dump() + " " +
                     row.at("step").dump());
  }
  return places;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line + ",end");
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  cells.pop_back();
  return cells;
}

TEST(TelemetryRow, HoldsWhatIsKnownAndLeavesTheRestOut) {
  StepTelemetry step = row_of("v6", 2, 12);
  step.computrons = 7;
  step.calls = 3;
  step.recorded_calls = 4;
  step.meter.allocate = 42;
  step.recorded_meter.allocate = 41;
  step.cost = StepCost{1.5, 0.25, 4096, 8192, 16384};
  const json row = json::parse(telemetry_row(step, true, TelemetryFormat::kJsonLines));
  EXPECT_EQ(row,
            json::parse(R"({"vat":"v6","run":2,"step":12,"kind":"delivery","process":1,"last":true,
      "computrons":7,"wall_ms":1.5,"engine_cpu_ms":0.25,"rss_bytes":4096,"peak_rss_bytes":8192,
      "address_space_bytes":16384,"syscalls":3,"recorded_syscalls":4,"allocate":42,"recorded_allocate":41})"));
}

TEST(TelemetryRow, OfCsvHasACellForEveryColumn) {
  const std::vector<std::string> head = cells_of(telemetry_head());
  StepTelemetry step = row_of("v6", 0, 1);
  EXPECT_EQ(cells_of(telemetry_row(step, false, TelemetryFormat::kCsv)).size(), head.size());
  step.meter.bucket_size_max = 9;
  step.recorded_meter.bucket_size_max = 8;
  step.cost = StepCost{};
  const auto cells = cells_of(telemetry_row(step, true, TelemetryFormat::kCsv));
  ASSERT_EQ(cells.size(), head.size());
  EXPECT_EQ(head.back(), "recorded_maxBucketSize");
  EXPECT_EQ(cells.back(), "8");
}

TEST(TelemetryRow, AHostileNameBreaksNeitherFormat) {
  const StepTelemetry step = row_of("v\",\n6", 0, 1);
  EXPECT_THAT(telemetry_row(step, false, TelemetryFormat::kCsv),
              testing::StartsWith("\"v\"\",\\x0a6\","));
  EXPECT_EQ(json::parse(telemetry_row(step, false, TelemetryFormat::kJsonLines)).at("vat"),
            "v\",\\x0a6");
}

const Outputs outputs;

TEST(TelemetryFile, AppearsWithCommitAndNotBefore) {
  const ScratchDir scratch;
  const fs::path path = scratch.path() / "t.csv";
  {
    TelemetryFile file(outputs, path);
    file.on_step(row_of("v6", 0, 1));
    EXPECT_FALSE(fs::exists(path));
  }
  EXPECT_TRUE(fs::is_empty(scratch.path()));
  TelemetryFile file(outputs, path);
  file.on_step(row_of("v6", 0, 1));
  file.commit({"v6"});
  EXPECT_THAT(lines_of(path), testing::SizeIs(2));
}

TEST(TelemetryFile, WhereItCannotBeMadeSaysSoAtOnce) {
  EXPECT_THROW(TelemetryFile(outputs, "/nowhere/at/all/t.csv"), Error);
}

TEST(TelemetryFile, RowsComeInRecordedOrderWhateverThreadWroteThem) {
  const ScratchDir scratch;
  const fs::path path = scratch.path() / "t.jsonl";
  TelemetryFile file(outputs, path);
  // The second part of v2 is done before the first, by another thread.
  const auto write = [&](std::string_view vat, uint64_t run,
                         std::initializer_list<uint64_t> steps) {
    std::thread([&] {
      for (const uint64_t step : steps) file.on_step(row_of(vat, run, step));
    }).join();
  };
  write("v10", 0, {0});
  write("v2", 1, {0});
  write("v2", 0, {7, 8});
  write("v2", 0, {5, 6});
  for (const uint64_t step : {3U, 4U}) file.on_step(row_of("v2", 0, step));
  for (const uint64_t step : {1U, 2U}) file.on_step(row_of("v2", 0, step));  // a step back
  file.commit({"v2", "v10"});
  EXPECT_THAT(places_of(path), ElementsAre("v2 0 1", "v2 0 2", "v2 0 3", "v2 0 4", "v2 0 5",
                                           "v2 0 6", "v2 0 7", "v2 0 8", "v2 1 0", "v10 0 0"));
}

TEST(TelemetryFile, KeepsEveryRowOfALongReplay) {
  const ScratchDir scratch;
  const fs::path path = scratch.path() / "t.jsonl";
  TelemetryFile file(outputs, path);
  constexpr uint64_t kSteps = 20'000;  // many blocks of the spool
  std::thread other([&] {
    for (uint64_t step = 0; step < kSteps; ++step) file.on_step(row_of("v2", 1, step));
  });
  for (uint64_t step = 0; step < kSteps; ++step) file.on_step(row_of("v2", 0, step));
  other.join();
  file.commit({"v2"});
  const auto places = places_of(path);
  ASSERT_EQ(places.size(), 2 * kSteps);
  for (uint64_t i = 0; i < 2 * kSteps; ++i) {
    EXPECT_EQ(places[i], "v2 " + std::to_string(i / kSteps) + " " + std::to_string(i % kSteps));
  }
}

}  // namespace telemetry_file_test
}  // namespace recrank
