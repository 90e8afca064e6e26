// Whatever a call names to be written: evidence stays, others' files stay, lost output is an error.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/fd.h"
#include "base/scratch_dir.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/recrank_process.h"
#include "tests/support/snapshot/swingstore_fixture.h"

namespace recrank {
namespace outputs_e2e_test {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing_support::Ran;
using testing_support::run_recrank;

// A call with one recording or more, and an option of it that names what is written.
struct OutputOption {
  std::vector<std::string> words;  // RECORDING stands for the evidence
  std::string option;
};

std::vector<OutputOption> output_options() {
  std::vector<OutputOption> all;
  const auto add = [&](const std::string& call, std::initializer_list<const char*> options) {
    std::vector<std::string> words;
    std::istringstream in(call);
    for (std::string word; in >> word;) words.push_back(word);
    for (const char* option : options) all.push_back({words, option});
  };
  add("inspect RECORDING", {"--json"});
  add("replay RECORDING --vat v1", {"--json", "--telemetry", "--core-out", "--rr-out"});
  add("compare RECORDING RECORDING", {"--json"});
  add("bisect RECORDING --vat v1 --engines a,b", {"--json", "--markdown", "--cache"});
  add("shrink RECORDING --vat v1 -o free.crank", {"--json", "--state"});
  add("shrink RECORDING --vat v1", {"-o"});
  add("pack RECORDING --vat v1 -o free.crank", {"--json"});
  add("pack RECORDING --vat v1 --force", {"-o"});
  add("snapshot RECORDING -o free.sqlite", {"--json"});
  add("snapshot RECORDING", {"-o"});
  add("capture RECORDING -o free.tar.zst", {"--json"});
  add("capture RECORDING", {"-o"});
  add("triage RECORDING", {"--json"});
  add("run RECORDING", {"--json", "--junit", "--sarif", "--markdown", "--out", "--recordings"});
  add("scenario new RECORDING -o free", {"--json"});
  add("scenario new RECORDING", {"-o"});
  add("engines add mine RECORDING", {"--json"});
  return all;
}

class OutputsOfCalls : public testing::Test {
 protected:
  OutputsOfCalls() {
    fs::create_directories(node_);
    SwingstoreFixture store;
    store.vat("v1", "a").deliver(3);
    store.write_sqlite(evidence());
    write_bytes(node_ / "other", "evidence");
  }

  [[nodiscard]] fs::path evidence() const { return node_ / "swingstore.sqlite"; }
  [[nodiscard]] std::string at(const char* name) const { return (scratch_.path() / name).string(); }

  [[nodiscard]] Ran call(const OutputOption& of, const fs::path& recording,
                         const std::string& output) const {
    std::vector<std::string> words = of.words;
    for (std::string& word : words) {
      if (word == "RECORDING") word = recording.string();
    }
    words.push_back(of.option);
    words.push_back(output);
    return run_recrank(
        words, {.environment = {"RECRANK_HOME=" + at("home")}, .directory = scratch_.path()});
  }

  ScratchDir scratch_;
  fs::path node_ = scratch_.path() / "node";
};

TEST_F(OutputsOfCalls, NeverAreWhatIsReadByAnyName) {
  fs::create_hard_link(evidence(), at("hard"));
  fs::create_symlink(evidence(), at("soft"));
  const auto before = evidence_state(scratch_.path());
  for (const OutputOption& each : output_options()) {
    for (const std::string& output : {evidence().string(), at("hard"), at("soft")}) {
      const Ran ran = call(each, evidence(), output);
      EXPECT_EQ(ran.status, 129) << each.words.front() << " " << each.option << " " << output;
      EXPECT_THAT(ran.err, HasSubstr("is read by this command"))
          << each.words.front() << " " << each.option;
      EXPECT_EQ(ran.out, "");
    }
  }
  EXPECT_EQ(evidence_state(scratch_.path()), before);
}

TEST_F(OutputsOfCalls, NeverLieInADirectoryThatIsEvidence) {
  const auto before = evidence_state(scratch_.path());
  for (const OutputOption& each : output_options()) {
    for (const char* name : {"other", "swingstore.sqlite"}) {
      const Ran ran = call(each, node_, (node_ / name).string());
      EXPECT_EQ(ran.status, 129) << each.words.front() << " " << each.option;
    }
    // Where reports of earlier runs may lie among the inputs, a new one may, too.
    const std::string& command = each.words.front();
    if (command == "run" || command == "triage" || command == "scenario" || command == "engines")
      continue;
    const Ran ran = call(each, node_, (node_ / "made").string());
    EXPECT_EQ(ran.status, 129) << command << " " << each.option;
    EXPECT_THAT(ran.err, AnyOf(HasSubstr("lies in the recording"), HasSubstr("lies in")));
  }
  EXPECT_EQ(evidence_state(scratch_.path()), before);
}

TEST_F(OutputsOfCalls, LeaveAForeignFileAlone) {
  write_bytes(at("notes"), "precious");
  for (const OutputOption& each : output_options()) {
    if (each.words.back() == "--force" || each.option == "--cache" ||
        each.option == "--recordings") {
      continue;
    }
    const Ran ran = call(each, evidence(), at("notes"));
    EXPECT_THAT(ran.status, AnyOf(129, 125)) << each.words.front() << " " << each.option;
    EXPECT_EQ(read_bytes(at("notes")), "precious") << each.words.front() << " " << each.option;
  }
}

TEST_F(OutputsOfCalls, AreNotTouchedByACallThatCannotBeUnderstood) {
  const std::string old = "{\"schema\":\"recrank.inspect/1\"}";
  write_bytes(at("report"), old);
  for (OutputOption each : output_options()) {
    each.words.emplace_back("--no-such-option");
    for (const char* name : {"report", "absent"}) {
      const Ran ran = call(each, evidence(), at(name));
      EXPECT_EQ(ran.status, 129) << each.words.front() << " " << each.option;
    }
    EXPECT_EQ(read_bytes(at("report")), old) << each.words.front() << " " << each.option;
    EXPECT_FALSE(fs::exists(at("absent")));
  }
  // Nor by one that asks for what is not there.
  const Ran ran =
      run_recrank({"inspect", evidence().string(), "--vat", "v9", "--json", at("report")});
  EXPECT_EQ(ran.status, 129);
  EXPECT_EQ(read_bytes(at("report")), old);
}

TEST_F(OutputsOfCalls, ReplaceAReportOfRecranksAndWithForceAnything) {
  const std::vector<std::string> call{"inspect", evidence().string(), "--json", at("report")};
  EXPECT_EQ(run_recrank(call).status, 0);
  EXPECT_EQ(run_recrank(call).status, 0);
  write_bytes(at("report"), "precious");
  EXPECT_EQ(run_recrank(call).status, 129);
  std::vector<std::string> forced = call;
  forced.emplace_back("--force");
  EXPECT_EQ(run_recrank(forced).status, 0);
  EXPECT_EQ(nlohmann::json::parse(read_bytes(at("report"))).at("schema"), "recrank.inspect/1");
}

TEST_F(OutputsOfCalls, TwoOfOneCallAreNotTheSameFile) {
  const Ran ran =
      call({{"run", "RECORDING", "--junit", at("report")}, "--sarif"}, node_, at("node/../report"));
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("name the same file"));
}

TEST_F(OutputsOfCalls, ToAPipeAreWrittenThroughAndToAFullDeviceAreAnError) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  std::string heard;
  std::thread reader([&] {
    std::ifstream in(at("pipe"));
    heard.assign(std::istreambuf_iterator<char>(in), {});
  });
  EXPECT_EQ(run_recrank({"inspect", evidence().string(), "--json", at("pipe")}).status, 0);
  reader.join();
  EXPECT_EQ(nlohmann::json::parse(heard).at("schema"), "recrank.inspect/1");
  EXPECT_TRUE(fs::is_fifo(at("pipe")));
  const Ran full = run_recrank({"inspect", evidence().string(), "--json", "/dev/full"});
  EXPECT_EQ(full.status, 125);
  EXPECT_EQ(full.err, "recrank inspect: cannot write /dev/full: No space left on device\n");
  EXPECT_THAT(full.out, HasSubstr("recording  swingstore-sqlite")) << "the other output is whole";
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

// `recrank ... >/dev/full`, `>&-`, `| true`.
enum class Lost { kFullDevice, kClosed, kNoReader };

int status_with_lost_output(const std::vector<std::string>& words, Lost lost, std::string& err) {
  Pipe told = make_pipe();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(told.write_end.get(), 2);
    if (lost == Lost::kFullDevice) ::dup2(::open("/dev/full", O_WRONLY), 1);
    if (lost == Lost::kClosed) ::close(1);
    if (lost == Lost::kNoReader) {
      int ends[2];
      if (::pipe(ends) != 0) ::_exit(126);
      ::close(ends[0]);
      ::dup2(ends[1], 1);
    }
    std::vector<std::string> all{RECRANK_BINARY_DIR "/bin/recrank"};
    all.insert(all.end(), words.begin(), words.end());
    std::vector<char*> argv;
    for (std::string& word : all) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  told.write_end.reset();
  err.assign(65536, '\0');
  size_t size = 0;
  while (const size_t got =
             read_some(told.read_end.get(), err.data() + size, err.size() - size, "")) {
    size += got;
  }
  err.resize(size);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST_F(OutputsOfCalls, ThatAreLostAreAnErrorInOneLine) {
  const std::string recording = evidence().string();
  const std::vector<std::vector<std::string>> calls{
      {"inspect", recording},
      {"inspect", recording, "--json", "-"},
      {"compare", recording, recording},
      {"replay", "--help"},
      {"--help"},
      {"--version"},
      {"scenario", "check", RECRANK_SOURCE_DIR "/tests/scenarios/control-clean"}};
  for (const std::vector<std::string>& words : calls) {
    for (const Lost lost : {Lost::kFullDevice, Lost::kClosed, Lost::kNoReader}) {
      std::string err;
      EXPECT_EQ(status_with_lost_output(words, lost, err), 125) << words.front();
      EXPECT_THAT(err, HasSubstr("cannot write standard output, so what was found is lost: "))
          << words.front();
    }
  }
}

// Descriptor 1 would otherwise be the next file that is opened.
TEST_F(OutputsOfCalls, DoNotEndUpInAnotherFileWhereStandardOutputIsClosed) {
  std::string err;
  EXPECT_EQ(status_with_lost_output({"inspect", evidence().string(), "--json", at("report")},
                                    Lost::kClosed, err),
            125);
  EXPECT_TRUE(nlohmann::json::accept(read_bytes(at("report"))));
}

TEST_F(OutputsOfCalls, ToStandardOutputUnderAnotherNameAreWrittenThere) {
  const Ran ran = run_recrank({"inspect", evidence().string(), "--json", "/dev/stdout"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out.front(), '{');
  EXPECT_THAT(ran.out, HasSubstr("recording  swingstore-sqlite"));
}

TEST_F(OutputsOfCalls, OfRunGoIntoADirectoryOfTheirOwn) {
  fs::create_directory(at("work"));
  write_bytes(at("work/notes"), "precious");
  const Ran ran = call({{"run", RECRANK_SOURCE_DIR "/tests/scenarios/control-clean"}, "--out"},
                       evidence(), at("work"));
  EXPECT_EQ(ran.status, 129);
  EXPECT_THAT(ran.err, HasSubstr("holds files that no `recrank run --out` has written"));
  EXPECT_EQ(read_bytes(at("work/notes")), "precious");
}

}  // namespace outputs_e2e_test
}  // namespace recrank
