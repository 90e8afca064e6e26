// What only an export directory can have wrong with it.
#include "snapshot/agoric/swingstore/swingstore_export.h"
#include "snapshot/agoric/setup_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank::agoric {
namespace swingstore_export_test {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SwingstoreExportTest : public ::testing::Test {
 protected:
  SwingstoreExportTest() {
    store_.vat("v6", "ledger").deliver(3).snapshot().deliver(10).snapshot(20'000).deliver(1);
    store_.write_export(directory_);
  }

  std::unique_ptr<Recording> open() { return open_swingstore_export(directory_, "export"); }

  void replace(const char* file, const std::string& from, const std::string& to) {
    std::string text = read_file(directory_ / file);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_file(directory_ / file, text.replace(at, from.size(), to));
  }

  void expect_refused(const std::string& what) {
    try {
      (void)open();
      ADD_FAILURE() << what;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(what));
    }
  }

  HashReport verify() { return open()->verify({}); }

  ScratchDir scratch_;
  fs::path directory_ = scratch_.path() / "export";
  SwingstoreFixture store_;
};

TEST_F(SwingstoreExportTest, TakesLostArtifactsForNotHeld) {
  fs::remove(directory_ / "transcript.v6.0.6");
  fs::remove(directory_ / "snapshot.v6.5");
  fs::remove(directory_ / ("bundle." + SwingstoreFixture::bundle_id("v6", 0)));
  const auto recording = open();
  EXPECT_THAT(recording->subjects()[0].held, ElementsAre(StepRange{6, 20}));
  EXPECT_FALSE(recording->checkpoints("v6")[0].available);
  EXPECT_EQ(recording->setup("v6", 8).missing.get(kVatBundle),
            SwingstoreFixture::bundle_id("v6", 0));
  EXPECT_EQ(recording->info().notes.size(), 3U);
  EXPECT_THAT(recording->info().notes[0], HasSubstr("is not there"));
}

TEST_F(SwingstoreExportTest, RefusesNamesThatLeadOut) {
  write_file(scratch_.path() / "secret", "secret");
  for (const char* name : {"../secret", "/etc/passwd", "..", ".", "", "a/b", "a\\u0000b"}) {
    store_.write_export(directory_);
    replace("export-manifest.json", R"(,"snapshot.v6.5"])", std::string(R"(,")") + name + R"("])");
    expect_refused("is refused");
  }
  store_.write_export(directory_);
  replace("export-manifest.json", R"("data":"export-data.jsonl")", R"("data":"../secret")");
  expect_refused("is refused");
}

TEST_F(SwingstoreExportTest, DoesNotFollowLinks) {
  write_file(scratch_.path() / "secret", "secret");
  fs::remove(directory_ / "snapshot.v6.5");
  fs::create_symlink(scratch_.path() / "secret", directory_ / "snapshot.v6.5");
  EXPECT_FALSE(open()->checkpoints("v6")[1].available);
}

TEST_F(SwingstoreExportTest, NotesWhatIsTwiceOrUnknown) {
  replace("export-manifest.json", R"(["snapshot.v6.5","snapshot.v6.5"])",
          R"(["snapshot.v6.5","snapshot.v6.5"],["snapshot.v6.5","snapshot.v6.17"],)"
          R"(["mystery","export-data.jsonl"])");
  const std::string data = read_file(directory_ / "export-data.jsonl");
  const size_t at = data.find("[\"transcript.v6.0\"");
  write_file(directory_ / "export-data.jsonl",
             data + data.substr(at, data.find('\n', at) + 1 - at));
  const auto recording = open();
  EXPECT_THAT(recording->info().notes, ElementsAre(HasSubstr("listed twice"),
                                                   HasSubstr("come twice"), HasSubstr("mystery")));
  EXPECT_TRUE(recording->verify({}).damage.empty());
}

TEST_F(SwingstoreExportTest, RefusesBrokenHeads) {
  const std::string manifest = read_file(directory_ / "export-manifest.json");
  for (size_t size = 0; size < manifest.size(); size += 7) {
    write_file(directory_ / "export-manifest.json", std::string_view(manifest).substr(0, size));
    expect_refused("export/export-manifest.json: ");
  }
  write_file(directory_ / "export-manifest.json", R"({"artifacts":[]})");
  expect_refused("no export data");
  write_file(directory_ / "export-manifest.json", R"({"artifacts":[["a"]],"data":"d"})");
  expect_refused("no pair");
  write_file(directory_ / "export-manifest.json", R"({"artifacts":[["a","b","c"]],"data":"d"})");
  expect_refused("no pair");
}

TEST_F(SwingstoreExportTest, NamesTheLineOfTheExportDataThatIsBroken) {
  const std::string data = read_file(directory_ / "export-data.jsonl");
  for (const char* line :
       {"[", "{}", "[]", "7", R"(["transcript.v6.0","{"])",
        R"(["transcript.v6.0","{\"vatID\":\"v6\",\"startPos\":-1}"])",
        R"(["transcript.v6.0","{\"vatID\":\"v6\",\"startPos\":9,\"endPos\":1}"])",
        R"(["snapshot.v6.0","{\"vatID\":\"../x\"}"])", R"(["kv.vat.names",7])"}) {
    write_file(directory_ / "export-data.jsonl", std::string(line) + "\n" + data);
    expect_refused("export/export-data.jsonl:1: ");
  }
}

TEST_F(SwingstoreExportTest, FindsDamagedArtifacts) {
  flip_byte(directory_ / "transcript.v6.6.18", 60);
  flip_byte(directory_ / "snapshot.v6.17", 777);
  const HashReport report = verify();
  ASSERT_EQ(report.damage.size(), 3U);
  EXPECT_EQ(report.damage[0].place, "export: v6 span 6..18 item 6") << "in the ID of the heap";
  EXPECT_EQ(report.damage[1].place, "export: v6 span 6..18");
  EXPECT_EQ(report.damage[2].place, "export: v6 snapshot at 17");
}

TEST_F(SwingstoreExportTest, FindsTranscriptsThatAreCutOrTooLong) {
  const fs::path path = directory_ / "transcript.v6.6.18";
  const std::string whole = read_file(path);
  for (size_t size = 0; size < whole.size(); size += 13) {
    write_file(path, std::string_view(whole).substr(0, size));
    ASSERT_FALSE(verify().damage.empty()) << size;
    Step step;
    const auto recording = open();
    const auto stream = recording->steps("v6", {6, 18});
    EXPECT_THROW(while (stream->next(step)){}, Error) << size;
  }
  write_file(path, whole + "{}\n");
  ASSERT_EQ(verify().damage.size(), 1U);
  EXPECT_THAT(verify().damage[0].what, HasSubstr("more items than its name says"));
}

TEST_F(SwingstoreExportTest, SurvivesFlippedBytesInItsHeads) {
  for (const char* name : {"export-manifest.json", "export-data.jsonl"}) {
    const std::string whole = read_file(directory_ / name);
    for (unsigned seed = 0; seed < 150; ++seed) {
      std::mt19937 random(seed);
      std::string damaged = whole;
      damaged[random() % damaged.size()] = static_cast<char>(random());
      write_file(directory_ / name, damaged);
      try {
        const auto recording = open();
        (void)recording->verify({});
        for (const Subject& subject : recording->subjects()) {
          (void)recording->checkpoints(subject.id);
          (void)recording->setup(subject.id, 3);
        }
      } catch (const Error& error) {
        EXPECT_NE(error.code(), ErrorCode::kUsage) << error.what();
      }
    }
    write_file(directory_ / name, whole);
  }
}

}  // namespace swingstore_export_test
}  // namespace recrank::agoric
