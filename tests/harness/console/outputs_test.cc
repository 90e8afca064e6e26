// What may be written over, and what never is.
#include "harness/console/outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "harness/console/output_file.h"
#include "tests/support/snapshot/evidence_state.h"

namespace recrank {
namespace outputs_test {

namespace fs = std::filesystem;
using testing::HasSubstr;
using Way = OutputPlace::Way;

constexpr const char* kOwn = "{\n  \"schema\": \"recrank.replay/1\",\n  \"old\": true\n}\n";

class OutputsTest : public testing::Test {
 protected:
  OutputsTest() {
    fs::create_directories(node_ / "data");
    write_bytes(evidence_, "SQLite format 3");
    write_bytes(node_ / "data" / "inner", "evidence");
  }

  [[nodiscard]] std::string at(const char* name) const { return (scratch_.path() / name).string(); }

  // The text of the refusal.
  [[nodiscard]] std::string refused(const std::string& path) const {
    try {
      write_output(outputs_, path, "new");
      return "written";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << error.what();
      return error.what();
    }
  }
  void expect_written(const std::string& path) const {
    write_output(outputs_, path, "new");
    EXPECT_EQ(read_bytes(path), "new");
  }

  ScratchDir scratch_;
  fs::path evidence_ = scratch_.path() / "node.sqlite";
  fs::path node_ = scratch_.path() / "node";
  Outputs outputs_;
};

TEST_F(OutputsTest, AFreeNameIsWritten) { expect_written(at("report.json")); }

TEST_F(OutputsTest, WhatIsReadIsNeverWrittenWhateverItsName) {
  outputs_.protect(evidence_, Reads::kRecording);
  outputs_.replace_foreign();
  fs::create_hard_link(evidence_, at("hard"));
  fs::create_symlink(evidence_, at("soft"));
  fs::create_symlink(at("soft"), at("softer"));
  fs::create_symlink(scratch_.path(), at("here"));
  for (const std::string& name : {evidence_.string(), at("hard"), at("soft"), at("softer"),
                                  at("here/node.sqlite"), at("node/../node.sqlite")}) {
    EXPECT_THAT(refused(name), HasSubstr("is read by this command")) << name;
  }
  EXPECT_EQ(read_bytes(evidence_), "SQLite format 3");
}

TEST_F(OutputsTest, NorIsWhatADatabaseKeepsBesideItsFile) {
  const fs::path lmdb = node_ / "data.mdb";
  write_bytes(lmdb, "");
  write_bytes(node_ / "lock.mdb", "readers");
  outputs_.protect(lmdb, Reads::kRecording);
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    write_bytes(evidence_.string() + suffix, "pages");
  }
  outputs_.protect(evidence_, Reads::kRecording);
  outputs_.replace_foreign();
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    EXPECT_THAT(refused(evidence_.string() + suffix), HasSubstr("is read by this command"));
  }
  EXPECT_THAT(refused((node_ / "lock.mdb").string()), HasSubstr("is read by this command"));
}

TEST_F(OutputsTest, InADirectoryThatIsEvidenceNothingIsWritten) {
  outputs_.protect(node_, Reads::kRecording);
  outputs_.replace_foreign();
  fs::create_hard_link(node_ / "data" / "inner", at("hard"));
  fs::create_symlink(node_ / "data", at("soft"));
  EXPECT_THAT(refused((node_ / "report.json").string()), HasSubstr("lies in the recording"));
  EXPECT_THAT(refused((node_ / "data" / "inner").string()), HasSubstr("lies in the recording"));
  EXPECT_THAT(refused(at("soft/report.json")), HasSubstr("lies in the recording"));
  EXPECT_THAT(refused(at("hard")), HasSubstr("is read by this command"));
  EXPECT_THROW(outputs_.require_apart(node_ / "made" / "deep"), Error);
  expect_written(at("node-report.json"));
}

TEST_F(OutputsTest, InADirectoryOfOtherInputsOnlyReportsAreReplaced) {
  outputs_.protect(node_, Reads::kFiles);
  outputs_.replace_foreign();
  const std::string report = (node_ / "report.json").string();
  expect_written(report);
  write_bytes(report, kOwn);
  expect_written(report);
  EXPECT_THAT(refused((node_ / "data" / "inner").string()), HasSubstr("is read by this command"));
}

TEST_F(OutputsTest, AFileThatRecrankDidNotWriteGivesWayToForceOnly) {
  write_bytes(at("notes"), "precious");
  EXPECT_THAT(refused(at("notes")), HasSubstr("--force replaces it"));
  EXPECT_EQ(read_bytes(at("notes")), "precious");
  outputs_.replace_foreign();
  expect_written(at("notes"));
}

TEST_F(OutputsTest, AReportOfRecranksAndAnEmptyFileGiveWay) {
  write_bytes(at("report.json"), kOwn);
  expect_written(at("report.json"));
  write_bytes(at("empty"), "");
  expect_written(at("empty"));
}

TEST_F(OutputsTest, WhatRecrankReadsIsNoReport) {
  for (const char* schema : {"recrank.scenario/1", "recrank.engine/1", "recrank.known/1",
                             "recrank.shrink-state/1", "recrank.bisect-cache/1", "other/1"}) {
    write_bytes(at("file"), std::string("{\"schema\":\"") + schema + "\"}");
    EXPECT_THAT(refused(at("file")), HasSubstr("was not written by recrank")) << schema;
  }
}

TEST_F(OutputsTest, ALinkStaysAndItsFileIsReplaced) {
  write_bytes(at("report.json"), kOwn);
  fs::create_symlink("report.json", at("latest"));
  expect_written(at("latest"));
  EXPECT_TRUE(fs::is_symlink(at("latest")));
  EXPECT_EQ(read_bytes(at("report.json")), "new");
  fs::create_symlink("nothing", at("dangling"));
  EXPECT_THAT(refused(at("dangling")), HasSubstr("link to nothing"));
}

TEST_F(OutputsTest, APipeGetsAllOfItAndStays) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  std::string heard;
  std::thread reader([&] {
    std::ifstream in(at("pipe"));
    heard.assign(std::istreambuf_iterator<char>(in), {});
  });
  write_output(outputs_, at("pipe"), std::string(200'000, 'x'));
  reader.join();
  EXPECT_EQ(heard.size(), 200'000U);
  EXPECT_TRUE(fs::is_fifo(at("pipe")));
}

TEST_F(OutputsTest, AFullDeviceIsAnErrorAndStaysADevice) {
  fs::create_symlink("/dev/full", at("full"));
  for (const std::string& path : {std::string("/dev/full"), at("full")}) {
    try {
      write_output(outputs_, path, "new");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kIo);
      EXPECT_THAT(error.what(), HasSubstr("No space left on device"));
    }
  }
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
  EXPECT_TRUE(fs::is_symlink(at("full")));
}

TEST_F(OutputsTest, AFileThatCameThereMeanwhileIsNotReplaced) {
  OutputFile file(outputs_, at("report.json"));
  file.write("new");
  write_bytes(at("report.json"), "precious");
  EXPECT_THROW(file.commit(), Error);
  EXPECT_EQ(read_bytes(at("report.json")), "precious");
}

TEST_F(OutputsTest, WithoutACommitWhatIsThereStays) {
  write_bytes(at("report.json"), kOwn);
  {
    OutputFile file(outputs_, at("report.json"));
    file.write("new");
  }
  EXPECT_EQ(read_bytes(at("report.json")), kOwn);
}

TEST_F(OutputsTest, ADirectoryOrNoPlaceIsRefusedBeforeAnythingIsWritten) {
  EXPECT_THAT(refused(node_.string()), HasSubstr("is a directory"));
  try {
    const OutputFile file(outputs_, at("no/report.json"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
  }
}

}  // namespace outputs_test
}  // namespace recrank
