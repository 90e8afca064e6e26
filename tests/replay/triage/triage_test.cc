// The lines are what Bun 1.3.13, 1.3.14 and 1.4.5, systemd, bash and a Montana node wrote; those of
// henyey and SwingSet have the form that their sources print. Shortened where they quote source.

#include "replay/triage/triage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "replay/triage/death_words.h"

namespace recrank {
namespace triage_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

TriageResult triage_of(const std::string& text, const std::string& name = "app.log") {
  Triage triage;
  triage.begin_file(name);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) triage.take(line);
  triage.end_file();
  return triage.finish();
}

std::string native(const std::string& version, const std::string& commit, const std::string& tail,
                   const std::string& address = "0x0") {
  return "============================================================\n"
         "Bun v" +
         version + " (" + commit +
         ") Linux x64\n"
         "Linux Kernel v6.18.44 | glibc v2.36\n"
         "Args: \"./seg-server\"\n"
         "Features: jsc standalone_executable \n"
         "Elapsed: 73ms | User: 15ms | Sys: 0ms\n"
         "RSS: 0.02ZB | Peak: 33.73MB | Commit: 26.80MB | Faults: 0 | Machine: 25.28GB\n\n"
         "panic(main thread): Segmentation fault at address " +
         address +
         "\n"
         "oh no: Bun has crashed. This indicates a bug in Bun, not your code.\n\n"
         " https://bun.report/" +
         version + "/" + tail + "\n\n";
}

const std::string kYarr = native(
    "1.3.13", "bf2e2cec",
    "la1bf2e2ceAggggC42yp8E+kgPs27rjFst0rjFwoyrjF_23gplEmsohlEwv+80F2rm74F_supplEsupplE23gplE"
    "msohlEi3h64Fyk054Fkqz29F8xp7mEujnu+CA2AA");
const std::string kHandshake =
    "1116 |           this.emit('error', err);\n"
    "                      ^\n"
    "error: Timed out while waiting for handshake\n"
    "      at emitError (node:events:51:13)\n"
    "      at <anonymous> (/srv/lab/node_modules/ssh2/lib/client.js:1116:16)\n\n"
    "Bun v1.3.14 (Linux x64)\n";
const std::string kHandshakeClass =
    "exit 1 error \"Timed out while waiting for handshake\" unheard-error-event client.js";
// As it was quoted: the frames have lost their indent.
const std::string kSystemd =
    "Jun 28 00:12:02 dispatch-server[931590]: Bun v1.3.13 (bf2e2cec) Linux x64\n"
    "Jun 28 00:12:02 dispatch-server[931590]: Args: \"/usr/bin/dispatch-server\"\n"
    "Jun 28 00:12:02 dispatch-server[931590]: RSS: 0.02ZB | Peak: 0.29GB | Commit: 0.02ZB | "
    "Faults: 0 | Machine: 33.24GB\n"
    "Jun 28 00:12:02 dispatch-server[931590]: panic(main thread): Segmentation fault at address "
    "0x0\n"
    "Jun 28 00:12:02 dispatch-server[931590]: oh no: Bun has crashed. This indicates a bug in Bun, "
    "not your code.\n"
    "Jun 28 00:12:05 systemd[1]: dispatch.service: Main process exited, code=dumped, status=4/ILL\n"
    "Jun 28 00:12:05 systemd[1]: dispatch.service: Failed with result 'core-dump'.\n"
    "Jun 28 00:12:05 systemd[1]: dispatch.service: Consumed 1h 29min CPU over 2h 31min wall, 6.2G "
    "memory peak.\n";

TEST(Triage, TellsWhereANativeCrashWasAsATracerDoes) {
  const TriageResult found = triage_of(kYarr);
  ASSERT_EQ(found.classes.size(), 1U);
  // The offsets are those of the frames that a tracer took of this crash.
  EXPECT_EQ(found.classes[0].sample.signature,
            "SIGSEGV null bun@bf2e2cec+0x4faf767<bun@bf2e2cec+0x4fae8d7<bun@bf2e2cec+0x4fae489");
  EXPECT_EQ(found.classes[0].sample.kind, DeathKind::kNative);
  EXPECT_THAT(found.classes[0].builds, ElementsAre(Pair("Bun 1.3.13 (bf2e2cec)", 1)));
  EXPECT_THAT(found.classes[0].ends, ElementsAre(Pair("not told", 1)));
}

TEST(Triage, TakesEqualTailsForOneClassWhateverElseDiffers) {
  const std::string run = native(
      "1.3.13", "bf2e2cec",
      "lr1bf2e2ceAggggC42yp8E+kgP_supplEmsohlEw40jwFg8yvxEkx58nDurowhDou4q9C4yyptEsvkx8CA2AA");
  const std::string compiled = native(
      "1.3.13", "bf2e2cec",
      "l_1bf2e2ceEggggC42yp8E+kgP_supplEmsohlEw40jwFg8yvxEkx58nDurowhDou4q9C4yyptE8q8z8CA2AA");
  const TriageResult found = triage_of(run + compiled + kYarr);
  ASSERT_EQ(found.classes.size(), 2U);
  EXPECT_EQ(found.classes[0].count, 2U);
  EXPECT_EQ(found.deaths, 3U);
}

TEST(Triage, ReadsTheReportOfALaterReleaseToo) {
  const TriageResult found = triage_of(
      native("1.4.5", "a7733435c",
             "la1a773343AggggC6g4w8C_gqtg1Bmsx30Bu/ns4Bm9/3wCwitvxC4qvr4B+9qi3Bw52g3Bov0g3BA2AggI",
             "0x1000"));
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_THAT(found.classes[0].sample.signature, StartsWith("SIGSEGV near-null bun@a7733435c+0x"));
}

TEST(Triage, AnAddressThatIsCutOffTellsNoPlace) {
  const TriageResult found =
      triage_of(native("1.3.13", "bf2e2cec", "la1bf2e2ceAggggC42yp8E+kgPs27rj"));
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.classes[0].sample.signature, "SIGSEGV null bun@bf2e2cec site-not-told");
}

TEST(Triage, JoinsTheReportAndTheServiceManagersWords) {
  const TriageResult found = triage_of(kSystemd);
  ASSERT_EQ(found.classes.size(), 1U);
  const CrashClass& group = found.classes[0];
  EXPECT_EQ(group.count, 1U);
  EXPECT_EQ(group.sample.signature, "SIGSEGV null bun@bf2e2cec site-not-told");
  EXPECT_THAT(group.ends, ElementsAre(Pair("SIGILL (core dumped)", 1)));
  EXPECT_THAT(group.programs, ElementsAre(Pair("dispatch.service", 1)));
  EXPECT_EQ(group.largest_peak, "6.2G");
  EXPECT_EQ(group.sample.place.time, "Jun 28 00:12:02");
  EXPECT_EQ(group.sample.place.line, 1U);
}

// One journal, as journalctl of systemd 252 wrote it in each of its forms (--all): an error that
// nobody caught, a native crash with the end of another unit in its midst and a line in red, a
// panic of two lines in one message.
TEST(TriageJournald, EveryFormOfOneJournalTellsTheSame) {
  size_t forms = 0;
  for (const auto& each :
       std::filesystem::directory_iterator(RECRANK_SOURCE_DIR "/tests/replay/triage/journalctl")) {
    std::ifstream in(each.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const TriageResult found = triage_of(text.str());
    std::map<std::string, std::string> ends;
    for (const CrashClass& group : found.classes) {
      EXPECT_EQ(group.count, 1U);
      ends[group.sample.signature] = group.ends.begin()->first + " of " +
                                     (group.programs.empty() ? "" : group.programs.begin()->first);
    }
    EXPECT_THAT(
        ends,
        ElementsAre(Pair("SIGSEGV null bun@bf2e2cec+0x4faf767<bun@bf2e2cec+0x4fae8d7<bun@bf2e2cec+"
                         "0x4fae489",
                         "SIGILL (core dumped) of dispatch.service"),
                    Pair(kHandshakeClass, "exit 1 of dispatch.service"),
                    Pair("exit 3 no-words", "exit 3 of cron.service"),
                    Pair("panic crates/x/src/lib.rs \"operator account exists\"",
                         "SIGABRT (core dumped) of henyey.service")))
        << each.path();
    EXPECT_THAT(found.notes, testing::IsEmpty()) << each.path();
    ++forms;
  }
  EXPECT_EQ(forms, 16U);
}

// The program's lines alone, as containers hand them on.
std::string each_line(const std::string& text, const std::string& before,
                      const std::string& behind = "") {
  std::string framed;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::string escaped;
    for (const char c : line) escaped += (c == '"' && !behind.empty()) ? "\\\"" : std::string(1, c);
    framed += before + escaped + behind + "\n";
  }
  return framed;
}

TEST(TriageContainers, TheWordsOfAContainerAreUnderstoodWhoeverHandsThemOn) {
  const std::string time = "2026-06-28T00:12:02.123456789Z";
  for (const std::string& text :
       {each_line(kYarr, R"({"log":")", R"(\n","stream":"stderr","time":")" + time + "\"}"),
        each_line(kYarr, time + " stderr F "), each_line(kYarr, "dispatch-1  | "),
        each_line(kYarr, "[pod/dispatch-0/app] "), each_line(kYarr, time + " "),
        each_line(kYarr, R"({"date":1782605522.1,"log":")", "\"}"),
        each_line(kYarr, "<30>1 2026-06-28T00:12:02Z box bun 9 - - "),
        each_line(kYarr, "<30>Jun 28 00:12:02 box bun[9]: ")}) {
    const TriageResult found = triage_of(text);
    ASSERT_EQ(found.classes.size(), 1U) << text;
    EXPECT_THAT(found.classes[0].sample.signature, StartsWith("SIGSEGV null bun@bf2e2cec+0x4faf"));
  }
}

TEST(TriageContainers, ComposeTellsOfTheEndsOfItsContainers) {
  const TriageResult found =
      triage_of(each_line(kHandshake, "dispatch-1   | ") + "dispatch-10 exited with code 137\n" +
                "dispatch-1 exited with code 1 (restarting)\n");
  ASSERT_EQ(found.classes.size(), 2U);
  EXPECT_THAT(found.classes[0].programs, ElementsAre(Pair("dispatch-10", 1)));
  EXPECT_EQ(found.classes[0].sample.signature, "SIGKILL sent");
  EXPECT_EQ(found.classes[1].sample.signature, kHandshakeClass);
  EXPECT_THAT(found.classes[1].ends, ElementsAre(Pair("exit 1", 1)));
}

TEST(Triage, AnEndSettlesNothingOfAnotherProcess) {
  const std::string head = "Jun 28 00:12:02 box ";
  const std::string bun = head + "dispatch-server[931]: ";
  std::istringstream lines(kYarr);
  std::string text = head + "systemd[1]: Started dispatch.service - Dispatch.\n";
  for (std::string line; std::getline(lines, line);) {
    text += bun + line + "\n";
    // Each would fit a native crash.
    text += head + "systemd[1]: other.service: Main process exited, code=dumped, status=11/SEGV\n";
    text += head + "start.sh[7]: bash: line 1: 32545 Aborted   (core dumped) ./other\n";
  }
  text += head + "systemd[1]: dispatch.service: Main process exited, code=dumped, status=4/ILL\n";
  const TriageResult found = triage_of(text);
  const auto native = std::find_if(found.classes.begin(), found.classes.end(), [](auto& group) {
    return group.sample.kind == DeathKind::kNative;
  });
  ASSERT_NE(native, found.classes.end());
  EXPECT_EQ(native->count, 1U);
  EXPECT_THAT(native->sample.signature, StartsWith("SIGSEGV null bun@bf2e2cec+0x4faf767"));
  EXPECT_THAT(native->ends, ElementsAre(Pair("SIGILL (core dumped)", 1)));
  EXPECT_THAT(native->programs, ElementsAre(Pair("dispatch.service", 1)));
}

TEST(Triage, AReportThatItsUnitsEndCutOffBelongsToItWhateverTheProgramIsCalled) {
  const std::string head = "Jun 28 00:12:02 box ";
  const std::string cut = head + "bun[9]: Bun v1.3.13 (bf2e2cec) Linux x64\n" + head +
                          "bun[9]: panic(main thread): Segmentation fault at address 0x0\n";
  const std::string end =
      head + "systemd[1]: dispatch.service: Main process exited, code=dumped, status=4/ILL\n";
  const TriageResult found = triage_of(cut + end);
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.deaths, 1U);
  EXPECT_THAT(found.classes[0].ends, ElementsAre(Pair("SIGILL (core dumped)", 1)));
  // What goes on behind the end was another process.
  const TriageResult apart = triage_of(cut + end + head + "bun[9]: oh no: Bun has crashed.\n");
  EXPECT_EQ(apart.deaths, 2U);
}

TEST(Triage, APanicsMessageIsThatOfItsOwnProcess) {
  const std::string head = "Jun 28 00:12:02 box ";
  const TriageResult found = triage_of(head + "a[1]: thread 'main' panicked at a.rs:1:1:\n" + head +
                                       "b[2]: thread 'main' panicked at b.rs:1:1:\n" + head +
                                       "a[1]: of a\n" + head + "b[2]: of b\n");
  ASSERT_EQ(found.classes.size(), 2U);
  EXPECT_EQ(found.classes[0].sample.signature, "panic a.rs \"of a\"");
  EXPECT_EQ(found.classes[1].sample.signature, "panic b.rs \"of b\"");
}

TEST(Triage, TheLineOfAPanicKeepsItsWordsWithoutItsBanner) {
  const TriageResult found = triage_of(
      "panic(main thread): Segmentation fault at address 0x0\nexit=132\n"
      "panic(main thread): reached unreachable code\n"
      " https://bun.report/1.3.13/la1bf2e2ceAggggC42yp8E+kgPs27rjFst0rjFwoyrjFA2AA\nexit=132\n"
      "panic: runtime error: index out of range [5] with length 3\nexit=2\n");
  ASSERT_EQ(found.classes.size(), 3U);
  EXPECT_EQ(found.classes[0].sample.signature, "SIGSEGV null bun site-not-told");
  EXPECT_EQ(found.classes[1].sample.signature,
            "exit 2 \"runtime error: index out of range [#] with length #\"");
  EXPECT_THAT(found.classes[2].sample.signature,
              StartsWith("panic \"reached unreachable code\" bun@bf2e2ce+0x"));
  EXPECT_THAT(found.classes[2].builds, ElementsAre(Pair("Bun 1.3.13 (bf2e2ce)", 1)));
}

TEST(Triage, AReportWithoutItsBannerIsOfOneClassWithAWholeOne) {
  const std::string cut = kYarr.substr(kYarr.find("panic("));
  const TriageResult found = triage_of(cut + "exit=132\n" + kYarr + "exit=132\n");
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.classes[0].count, 2U);
  EXPECT_THAT(found.classes[0].sample.signature, HasSubstr("bun@bf2e2cec+0x4faf767"));
}

TEST(Triage, SaysThatWordsMayHaveBeenOverlooked) {
  std::string text;
  for (int i = 0; i < 6; ++i) text += "?? dispatch: words in a form of their own\n";
  const TriageResult found =
      triage_of(text + "dispatch.service: Main process exited, code=exited, status=1/FAILURE\n");
  ASSERT_EQ(found.notes.size(), 1U);
  EXPECT_THAT(found.notes[0], StartsWith("dispatch.service: 1 death without words, and 6 lines"));
  EXPECT_THAT(triage_of("one line\ndispatch.service: Main process exited, code=exited, "
                        "status=1/FAILURE\n")
                  .notes,
              testing::IsEmpty());
}

TEST(Triage, SaysThatACollectorLeftMessagesOut) {
  const TriageResult found = triage_of("Jun 28 00:12:02 box a[1]: [62B blob data]\n");
  ASSERT_EQ(found.notes.size(), 1U);
  EXPECT_THAT(found.notes[0], HasSubstr("journalctl writes them with --all"));
}

TEST(Triage, KeepsAnErrorThatNobodyCaughtApartFromANativeCrash) {
  const TriageResult found =
      triage_of(kHandshake + "Main process exited, code=exited, status=1/FAILURE\n" + kYarr +
                "exit=132\n" + kHandshake);
  ASSERT_EQ(found.classes.size(), 2U);
  EXPECT_EQ(found.classes[0].sample.signature, kHandshakeClass);
  EXPECT_EQ(found.classes[0].count, 2U);
  EXPECT_THAT(found.classes[0].ends, ElementsAre(Pair("exit 1", 1), Pair("not told", 1)));
  EXPECT_THAT(found.classes[1].ends, ElementsAre(Pair("SIGILL", 1)));
}

TEST(Triage, UnderstandsFramesThatLostTheirIndent) {
  const TriageResult found = triage_of(
      "error: Timed out while waiting for handshake\n at emitError (node:events:51:13)\n"
      " at <anonymous> (/$bunfs/root/dispatch-server:16:75617)\nBun v1.3.14 (Linux x64)\n"
      "Main process exited, code=exited, status=1/FAILURE\n");
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_THAT(found.classes[0].sample.signature, HasSubstr("unheard-error-event dispatch-server"));
  EXPECT_EQ(found.deaths, 1U);
}

TEST(Triage, AStatusOfTheWrongKindIsAnotherDeath) {
  // An error that nobody caught never ends in SIGSEGV.
  const TriageResult found =
      triage_of(kHandshake + "Main process exited, code=dumped, status=11/SEGV\n");
  EXPECT_EQ(found.deaths, 2U);
  EXPECT_EQ(found.classes.size(), 2U);
}

TEST(Triage, CountsOneDeathThatShellAndWrapperBothTellOf) {
  const TriageResult found = triage_of(
      "/usr/bin/bash: line 1: 32545 Illegal instruction     /srv/bun/bin/bun yarr.js 2> /dev/null\n"
      "error: script \"s\" exited with code 132\n");
  EXPECT_EQ(found.deaths, 1U);
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.classes[0].sample.signature, "SIGILL no-words");
}

struct EndCase {
  const char* line;
  const char* signature;
};

class TriageEnd : public testing::TestWithParam<EndCase> {};

TEST_P(TriageEnd, IsUnderstood) {
  const TriageResult found = triage_of(std::string(GetParam().line) + "\n");
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.classes[0].sample.signature, GetParam().signature);
}

INSTANTIATE_TEST_SUITE_P(
    Spellings, TriageEnd,
    testing::Values(EndCase{"exit=134", "SIGABRT no-words"},
                    EndCase{"exit=124", "ended by timeout"}, EndCase{"exit=137", "SIGKILL sent"},
                    EndCase{"Illegal instruction (core dumped)", "SIGILL no-words"},
                    EndCase{"dispatch.service: Main process exited, code=dumped, status=4/ILL",
                            "SIGILL no-words"},
                    EndCase{"dispatch.service: Main process exited, code=killed, status=9/KILL",
                            "SIGKILL sent"},
                    EndCase{"dispatch.service: Main process exited, code=exited, status=7/n/a",
                            "exit 7 no-words"},
                    EndCase{
                        "error: script \"s\" was terminated by signal SIGILL (Illegal instruction)",
                        "SIGILL no-words"}));

TEST(Triage, AKillForWantOfMemoryIsToldApart) {
  const TriageResult found = triage_of(
      "Jun 28 00:12:05 host systemd[1]: a.service: Main process exited, code=killed, "
      "status=9/KILL\n"
      "Jun 28 00:12:05 host systemd[1]: a.service: Failed with result 'oom-kill'.\n");
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.classes[0].sample.signature, "SIGKILL oom-kill");
}

TEST(Triage, AServiceThatWasAskedToEndDidNotDie) {
  const TriageResult found = triage_of(
      "Jun 28 00:12:01 host systemd[1]: Started a.service - A.\n"
      "Jun 28 00:12:04 host systemd[1]: Stopping a.service - A...\n"
      "Jun 28 00:12:05 host systemd[1]: a.service: Main process exited, code=killed, "
      "status=15/TERM\n");
  EXPECT_EQ(found.deaths, 0U);
  EXPECT_EQ(found.ends, 1U);
  EXPECT_EQ(found.known_lines, 3U);
}

TEST(Triage, ATermThatNobodyAnnouncedIsADeath) {
  EXPECT_EQ(triage_of("host.service: Main process exited, code=killed, status=15/TERM\n").deaths,
            1U);
}

TEST(Triage, TextThatIsNoLogOfDeathsHoldsNothingKnown) {
  const TriageResult found =
      triage_of("hello\nAborted plans\nthe build was Killed by me\n{\"kind\":3}\n");
  EXPECT_EQ(found.deaths, 0U);
  EXPECT_EQ(found.known_lines, 0U);
}

TEST(Triage, TellsOfAPanicOfRustByItsFileAndMessage) {
  const TriageResult found = triage_of(
      "thread 'main' (17149) panicked at crates/mt-account/src/lib.rs:578:10:\n"
      "protocol invariant: operator account exists\nstack backtrace:\nexit=134\n"
      "thread 'main' panicked at 'out of memory' note: run with RUST_BACKTRACE=1\n");
  ASSERT_EQ(found.classes.size(), 2U);
  EXPECT_EQ(found.classes[0].sample.signature, "panic \"out of memory\"");
  EXPECT_EQ(found.classes[1].sample.signature,
            "panic crates/mt-account/src/lib.rs \"protocol invariant: operator account exists\"");
  EXPECT_THAT(found.classes[1].ends, ElementsAre(Pair("SIGABRT", 1)));
}

TEST(Triage, AnErrorBecomesADeathByTheStatusThatFollows) {
  const TriageResult died = triage_of(
      "error: неверные аргументы: save accounts: Io(Os { code: 28, kind: StorageFull })\nexit=1\n");
  ASSERT_EQ(died.classes.size(), 1U);
  EXPECT_THAT(died.classes[0].sample.signature, StartsWith("exit 1 \"неверные"));
  EXPECT_EQ(triage_of("error: one that was borne\nmore words\n").deaths, 0U);
}

TEST(Triage, WhatFollowsFromTheFirstFaultIsNoDeathOfItsOwn) {
  const TriageResult found = triage_of(
      "2026-05-04T14:04:09.061014Z ERROR henyey_app::app::lifecycle: FATAL: unrecoverable local "
      "state failure — pre-close hash mismatch at ledger 62415630 fatal_wipe_required=true\n"
      "2026-05-04T14:09:10.000002Z ERROR henyey_app::run_cmd: Node stopped with error error=Node "
      "shutdown due to fatal state failure\n");
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.classes[0].sample.signature,
            "henyey: unrecoverable local state \"— pre-close hash mismatch at ledger #\"");
  EXPECT_EQ(found.classes[0].sample.place.time, "2026-05-04T14:04:09.061014Z");
}

struct RuleCase {
  const char* line;
  const char* signature;  // system, name and what it tells; of kinds without a class empty
};

// In the order of the rules. henyey's are what its macros print, at 6883e8e1.
const std::vector<RuleCase> kRuleCases{
    {"Fatal boot error: no key", "dispatch: fatal boot error no key"},
    {"Dispatch booted", ""},
    {"2026-05-04T14:09:09.000001Z ERROR henyey_app::app: WATCHDOG: Auto-aborting after 300s freeze "
     "at phase=6 stale_secs=300 phase=6",
     "henyey: watchdog abort after #s freeze at phase=#"},
    {"ERROR henyey_app::app::persist: Fatal persist failure, aborting context=\"ledger close\" "
     "error=database or disk is full",
     "henyey: persist failure database or disk is full"},
    {"ERROR henyey_app::app::lifecycle: Persist task panicked error=task 12 panicked ledger_seq=7",
     "henyey: persist task panicked task # panicked"},
    {"ERROR henyey_app::meta_writer: Fatal: metadata output stream write failed error=No space "
     "left "
     "on device (os error 28) ledger_seq=7",
     "henyey: metadata output stream write failed No space left on device (os error #)"},
    {"ERROR x: Fatal: metadata stream write failed during catchup replay error=Broken pipe",
     "henyey: metadata stream write failed during catchup Broken pipe"},
    {"ERROR x: Fatal: metadata writer channel failed error=closed ledger_seq=7",
     "henyey: metadata writer channel failed closed"},
    {"ERROR x: Fatal: meta writer channel closed during catchup",
     "henyey: metadata writer channel closed during catchup"},
    {"FATAL: unrecoverable local state failure — pre-close hash mismatch. Node will shut down. "
     "State "
     "wipe required before restart. fatal_wipe_required=true",
     "henyey: unrecoverable local state — pre-close hash mismatch"},
    {"ERROR henyey_invariant: FATAL: Invariant \"ConservationOfLumens\" does not hold on "
     "operation: "
     "LumenNotConserved: 5 invariant=\"ConservationOfLumens\" ledger=7",
     "henyey: invariant ConservationOfLumens does not hold"},
    {"ERROR x: FATAL: sync recovery manager panicked — triggering shutdown panic_message=\"boom\"",
     "henyey: sync recovery manager panicked boom"},
    {"ERROR x: FATAL: ledger protocol version is outside supported range. The node cannot process "
     "this ledger. version=27 min_supported=24 max_supported=26",
     "henyey: ledger protocol version is not supported #"},
    {"ERROR henyey_app::run_cmd: Node stopped with error error=disk full",
     "henyey: node stopped disk full"},
    {"INFO henyey_app::run_cmd: Starting henyey node mode=validator", ""},
    {"INFO henyey_app::run_cmd: Node stopped gracefully", ""},
    {"=== montana-node start — Montana node ===", ""},
    {"--- session ended ---", ""},
    {"##### KERNEL PANIC: error during processCrank #####",
     "swingset: kernel panic error during processCrank"},
    {"v9:bank exited due to signal SIGSEGV", "swingset: worker died by SIGSEGV"},
    {"error: ошибка ввода-вывода: Permission denied (os error 13)", ""},
    {"Error: Node shutdown due to fatal state failure", ""},
    {"panic: runtime error: index out of range", ""},
    {"ERROR henyey_ledger::manager: Hash mismatch - our computed header hash differs from "
     "network's "
     "prev_ledger_hash current_seq=6 close_seq=7 our_hash=1b0f network_prev_hash=c1ce",
     "henyey: header hash mismatch"},
    {"ERROR x: Background ledger close failed ledger_seq=7 error=ledger hash mismatch: expected "
     "c1ce, "
     "got 1b0f is_hash_mismatch=true",
     "henyey: header hash mismatch"},
    {"ERROR x: Bucket list hash mismatch - logging detailed state ledger_seq=7 expected_hash=0744 "
     "actual_hash=9171",
     "henyey: bucket list hash mismatch"},
    {"ERROR x: Buffered tx set hash mismatch ledger_seq=7 expected=ab found=cd",
     "henyey: tx set hash mismatch"},
    {"WARN x: Catchup failed error=verification hash mismatch: LCL hash mismatch at ledger 7: "
     "expected "
     "ab, actual cd",
     "henyey: verification hash mismatch LCL hash mismatch"},
    {"  Ledger 7: close_ledger failed: ledger hash mismatch: expected 9171, got 0744",
     "henyey: ledger hash mismatch"},
    {"  Ledger 7: MISMATCH", "henyey: ledger hash mismatch"}};

TEST(DeathWords, EveryRuleHasALineThatItFits) {
  ASSERT_EQ(kRuleCases.size(), words_rules().size());
  for (size_t i = 0; i < kRuleCases.size(); ++i) {
    const auto words = find_words(kRuleCases[i].line);
    ASSERT_TRUE(words) << kRuleCases[i].line;
    EXPECT_EQ(words->rule, &words_rules()[i]) << kRuleCases[i].line;
    const std::string name(words->rule->name);
    EXPECT_EQ(name.empty() ? ""
                           : std::string(words->rule->system) + ": " + name +
                                 (words->told.empty() ? "" : " ") + words->told,
              kRuleCases[i].signature);
    if (words->rule->kind == WordsKind::kMismatch) EXPECT_EQ(words->height, "7");
  }
}

TEST(DeathWords, TheFormsOfOneLineInTextAndInJsonTellTheSame) {
  const TriageResult found = triage_of(
      "2026-05-04T14:09:09Z ERROR henyey_app::app::persist: Fatal persist failure, aborting "
      "context=\"ledger close\" error=disk full\nexit=134\n"
      R"({"timestamp":"2026-05-04T14:09:09Z","level":"ERROR","fields":{"context":"ledger close","error":"disk full","message":"Fatal persist failure, aborting"},"target":"henyey_app"})"
      "\nexit=134\n");
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.classes[0].count, 2U);
}

TEST(TriageMismatch, IsAClassOfItsOwnAndNoDeath) {
  const std::string lines =
      "2026-05-04T14:04:09Z ERROR henyey_ledger::manager: Hash mismatch - our computed header hash "
      "differs from network's prev_ledger_hash current_seq=6 close_seq=7 our_hash=1b0f\n"
      "2026-05-04T14:04:09Z ERROR x: Background ledger close failed ledger_seq=7 error=ledger hash "
      "mismatch: expected c1ce, got 1b0f is_hash_mismatch=true\n";
  const TriageResult found = triage_of(lines + lines);
  EXPECT_EQ(found.deaths, 0U);
  EXPECT_EQ(found.mismatches, 1U);  // of one ledger
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.classes[0].sample.kind, DeathKind::kMismatch);
  EXPECT_EQ(found.classes[0].sample.signature, "henyey: header hash mismatch");
  const TriageResult two = triage_of("  Ledger 7: MISMATCH\n  Ledger 8: MISMATCH\n");
  EXPECT_EQ(two.mismatches, 2U);
}

const std::string kBoot =
    R"({"kind":"log","level":"info","msg":"Dispatch booted","timestamp":1782601606000,"extensionId":"host-bin"})"
    "\n";
const std::string kTool =
    R"({"kind":"span-open","spanId":"s5","name":"tool-call","timestamp":1782602514000,"extensionId":"x","turnId":"t1","attributes":{"name":"run_shell"}})"
    "\n";

TEST(TriageJournal, AJournalThatBeginsAnewTellsOfADeathAndWhatWasUnderWay) {
  const TriageResult found = triage_of(kBoot + kTool + kBoot, "app.ndjson");
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.classes[0].sample.signature, "gone without a word within tool-call run_shell");
  EXPECT_EQ(found.classes[0].sample.place.time, "2026-06-27T23:21:54.000Z");
}

TEST(TriageJournal, OneThatEndsWithOpenSpansMayBeOfALivingServer) {
  const TriageResult found = triage_of(kBoot + kTool, "app.ndjson");
  ASSERT_EQ(found.classes.size(), 1U);
  EXPECT_EQ(found.classes[0].sample.kind, DeathKind::kUnderWay);
}

TEST(TriageJournal, AnOrderlyEndIsNoDeath) {
  const TriageResult found = triage_of(
      kBoot + kTool +
      R"({"kind":"log","msg":"Shutting down — deactivating extensions","timestamp":1782602515000,"extensionId":"h"})"
      "\n" +
      kBoot);
  EXPECT_EQ(found.deaths, 0U);
  EXPECT_EQ(found.ends, 1U);
}

TEST(TriageJournal, GoesOnInTheFileThatFollowsARotatedOne) {
  Triage triage;
  triage.begin_file("app.ndjson.1");
  triage.take(kTool.substr(0, kTool.size() - 1));
  triage.end_file();
  triage.begin_file("app.ndjson");
  triage.take(
      R"({"kind":"span-close","spanId":"s5","name":"tool-call","timestamp":1782602516000,"extensionId":"x","durationMs":3,"status":"ok"})");
  triage.end_file();
  EXPECT_EQ(triage.finish().deaths, 0U);
}

TEST(Triage, StaysSmallWhateverALogHolds) {
  Triage triage;
  triage.begin_file("hostile.log");
  for (int i = 0; i < 5000; ++i) {
    triage.take("thread 'main' panicked at 'm" +
                std::string(static_cast<size_t>(i % 1500) + 1, 'x') + "', a.rs:1:1");
    triage.take("Jun 28 00:12:05 host p[" + std::to_string(i) +
                "]: Bun v1.3.13 (bf2e2cec) Linux x64");
  }
  triage.end_file();
  const TriageResult found = triage.finish();
  EXPECT_LE(found.classes.size(), kCrashClassesMax);
  EXPECT_EQ(found.deaths, 10'000U);
}

}  // namespace triage_test
}  // namespace recrank
