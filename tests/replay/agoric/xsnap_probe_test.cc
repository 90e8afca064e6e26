#include "replay/agoric/xsnap_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"
#include "base/hash.h"
#include "snapshot/agoric/setup_names.h"
#include "tests/support/replay/fake_worker_home.h"

namespace recrank::agoric {
namespace xsnap_probe_test {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

const Interrupt kNoInterrupt;

ProbeOptions impatient() {
  ProbeOptions options;
  options.deadline_s = 0.5;
  return options;
}

// The dialect that was found, or the error.
std::string probe(const fs::path& path, const ProbeOptions& options = {}) {
  try {
    return probe_engine(path, options, kNoInterrupt).identity.dialect;
  } catch (const Error& error) {
    const bool expected = error.code() == ErrorCode::kWorker || error.code() == ErrorCode::kIo;
    return (expected ? "error: " : "error of another code: ") + std::string(error.what());
  }
}

std::string probe_script(std::string_view script, ProbeOptions options = impatient()) {
  const FakeWorkerHome home(script);
  return probe(home.path(), options);
}

void make_executable(const fs::path& path) {
  fs::permissions(path, fs::perms::owner_all, fs::perm_options::add);
}

TEST(EngineProbe, TellsTheDialectsApartOnTheWire) {
  EXPECT_EQ(probe_script(R"s({"dialect":"xsnap-2021","version":"xsnap 9 (XS 99.0.0)"})s"),
            "xsnap-2021");
  EXPECT_EQ(probe_script(R"s({"dialect":"xsnap-2024","version":"xsnap 9 (XS 1.0.0)"})s"),
            "xsnap-2024");
}

TEST(EngineProbe, IdentifiesByHashVersionAndBundles) {
  const FakeWorkerHome home("");
  const XsnapProgram program = probe_engine(home.path(), {}, kNoInterrupt);
  EXPECT_EQ(program.identity.name, home.path().filename());
  EXPECT_EQ(program.identity.version, "xsnap 0.15.0 (XS 13.3.0)");
  EXPECT_EQ(program.identity.sha256, sha256_hex_of_file(home.path() / "xsnap-worker"));
  EXPECT_EQ(program.identity.part_sha256(kLockdown),
            sha256_hex_of_file(home.path() / "lockdown.bundle"));
  EXPECT_EQ(program.identity.part_sha256(kSupervisor), sha256_hex("() => 'supervisor'"));
  EXPECT_EQ(program.sources.get(kLockdown), "() => 'lockdown'");
  EXPECT_EQ(program.sources.get(kSupervisor), "() => 'supervisor'");
}

TEST(EngineProbe, TakesAWorkerByItselfAndADirectoryWithATrailingSlash) {
  const FakeWorkerHome home("");
  EXPECT_EQ(probe_engine(home.path() / "xsnap-worker", {}, kNoInterrupt).identity.name,
            "xsnap-worker");
  EXPECT_EQ(probe_engine(home.path() / "", {}, kNoInterrupt).identity.name, home.path().filename());
  ProbeOptions options;
  options.name = "mine";
  EXPECT_EQ(probe_engine(home.path(), options, kNoInterrupt).identity.name, "mine");
}

TEST(EngineProbe, TakesTheOnlyExecutableOfADirectory) {
  const FakeWorkerHome home("");
  fs::rename(home.path() / "xsnap-worker", home.path() / "engine");
  EXPECT_EQ(probe(home.path()), "xsnap-2024");
  fs::create_symlink("engine", home.path() / "other");
  EXPECT_THAT(probe(home.path()),
              HasSubstr("holds 2 executables, none of them named xsnap-worker"));
}

TEST(EngineProbe, WorksWithoutBundles) {
  const FakeWorkerHome home("");
  fs::remove(home.path() / "lockdown.bundle");
  fs::remove(home.path() / "supervisor.bundle");
  const XsnapProgram program = probe_engine(home.path(), {}, kNoInterrupt);
  EXPECT_EQ(program.identity.part_sha256(kLockdown), "");
  EXPECT_FALSE(program.sources.has(kSupervisor));
}

TEST(EngineProbe, RefusesTwoBundlesOfOneKind) {
  const FakeWorkerHome home("");
  home.write("lockdown.old.bundle", "x");
  EXPECT_THAT(probe(home.path()), HasSubstr("error: two lockdown bundles"));
}

TEST(EngineProbe, ObeysTheUser) {
  const FakeWorkerHome home(R"({"on":"start","do":[{"exit":3}]})");
  ProbeOptions options;
  options.dialect = "xsnap-2021";
  EXPECT_EQ(probe(home.path(), options), "xsnap-2021");
  options.dialect = "xsnap-1999";
  EXPECT_EQ(probe(home.path(), options),
            "error of another code: no dialect 'xsnap-1999'; there are xsnap-2021, xsnap-2024");
}

TEST(EngineProbe, NamesWhatIsNoProgram) {
  const FakeWorkerHome home("");
  EXPECT_THAT(probe("/nowhere/at/all"), HasSubstr("error: no engine at /nowhere/at/all"));
  EXPECT_THAT(probe(home.path() / "script.jsonl"), HasSubstr("cannot be executed"));
  home.write("script.sh", "#!/bin/sh\nsleep 1000\n");
  make_executable(home.path() / "script.sh");
  EXPECT_THAT(probe(home.path() / "script.sh"), HasSubstr("not an ELF program"));
  home.write("tiny",
             "\x7f"
             "ELF");
  make_executable(home.path() / "tiny");
  EXPECT_THAT(probe(home.path() / "tiny"), HasSubstr("not an ELF program"));
  EXPECT_THAT(probe("/dev/null"), HasSubstr("error: "));
  EXPECT_THAT(probe(home.path() / "lockdown.bundle" / "x"), HasSubstr("error: "));
}

TEST(EngineProbe, NamesAProgramForAnotherMachine) {
  const FakeWorkerHome home("");
  std::string program = read_small_file(RECRANK_BINARY_DIR "/bin/fake_worker", 64 << 20);
  program[18] = static_cast<char>(program[18] ^ 0x55);  // e_machine
  home.write("foreign", program);
  make_executable(home.path() / "foreign");
  EXPECT_THAT(probe(home.path() / "foreign"), HasSubstr("built for another kind of machine"));
  program.resize(4096);
  program[18] = static_cast<char>(program[18] ^ 0x55);
  home.write("short", program);
  make_executable(home.path() / "short");
  EXPECT_THAT(probe(home.path() / "short"), HasSubstr("error: "));
}

TEST(EngineProbe, NamesAProgramThatIsNoWorker) {
  EXPECT_THAT(probe("/bin/true"), HasSubstr("-v printed '' instead of 'xsnap VERSION"));
  EXPECT_THAT(probe("/bin/sleep"),
              AllOf(HasSubstr("-v brought its end (bad usage)"), HasSubstr("invalid option")));
  EXPECT_THAT(probe_script(R"({"on":"version","do":[{"print":{"text":"\u001b[31mhello\n"}}]})"),
              HasSubstr("-v printed '\\x1b[31mhello' instead of"));
  EXPECT_THAT(probe_script(R"({"on":"version","do":[{"signal":11}]})"),
              HasSubstr("-v brought its end (SIGSEGV)"));
  EXPECT_THAT(probe_script(R"({"on":"start","do":[{"signal":11}]})"),
              HasSubstr("a first command brought its end (SIGSEGV)"));
  EXPECT_THAT(probe_script(R"({"on":"start","do":[{"raw":"hello"}]})"),
              HasSubstr("a first command brought frame length 'hello"));
}

TEST(EngineProbe, DoesNotWaitForOneThatHangsNorCallsItNoWorker) {
  const auto begin = std::chrono::steady_clock::now();
  ProbeOptions brief;
  brief.deadline_s = 0.25;
  EXPECT_THAT(probe_script(R"({"on":"version","do":[{"hang_deaf":true}]})", brief),
              AllOf(HasSubstr("too slow to tell"), HasSubstr("-v brought nothing within 1 s"),
                    HasSubstr("0.0 s of them on a processor")));
  EXPECT_THAT(probe_script(R"({"on":"version","do":[{"print":{"text":"y\n","times":0}}]})", brief),
              HasSubstr("-v brought nothing within"));
  EXPECT_THAT(
      probe_script(R"({"on":"start","do":[{"hang":true}]})"),
      AllOf(HasSubstr("too slow to tell"), HasSubstr("a first command brought nothing within")));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(EngineProbe, AWorkerOnASlowMachineIsAskedAgainWithMorePatience) {
  EXPECT_EQ(probe_script(R"({"on":"version","do":[{"sleep_ms":700},)"
                         R"({"print":{"text":"xsnap 0.15.0 (XS 13.3.0)\n"}}]})"),
            "xsnap-2024");
  // Time that is up in the middle of the words is no word of the other dialect.
  EXPECT_EQ(probe_script(R"({"on":"ready","do":[{"sleep_ms":700}]})"), "xsnap-2024");
}

TEST(EngineProbe, AsksForTheDialectOfAWorkerThatMixesThem) {
  EXPECT_THAT(probe_script(R"({"dialect":"xsnap-2024"})"
                           "\n"
                           R"({"on":"ready","do":[{"exit":0}]})"),
              HasSubstr("name the nearest with --dialect (xsnap-2021, xsnap-2024)"));
}

}  // namespace xsnap_probe_test
}  // namespace recrank::agoric
