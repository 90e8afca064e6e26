// What the runtimes wrote here is of the form of Python 3.9 and 3.11, rustc 1.63 and 1.81, Go 1.19,
// OpenJDK 17, Ruby 3.1 and 3.4, bash and dash; shortened.

#include "replay/crash/program_death.h"

#include <gtest/gtest.h>

#include <string>

#include "replay/crash/last_words.h"
#include "replay/crash/signature.h"
#include "replay/process/end_of_process.h"

namespace recrank {
namespace program_death_test {

// As an exit with these words since the last answer is signed.
std::string signature_of(const std::string& words, int status = 1) {
  WorkerEnd end;
  end.by_itself = true;
  end.exit_status = status;
  const StepOutcome outcome = outcome_of_end(end, {}, {words, words}, {}, ExitReader());
  return crash_signature(std::get<StepCrashed>(outcome).end);
}

std::string traceback(const std::string& error) {
  return "Traceback (most recent call last):\n"
         "  File \"/srv/app/main.py\", line 9, in <module>\n    main()\n"
         "  File \"/srv/app/prices.py\", line 4, in main\n    return table[name]\n"
         "           ~~~~~^^^^^^\n"
         "  File \"/usr/lib/python3.11/json/decoder.py\", line 355, in raw_decode\n" +
         error + "\n";
}

TEST(ProgramDeath, OfPythonIsItsErrorAndTheInnermostFileOfTheProgram) {
  EXPECT_EQ(signature_of(traceback("KeyError: 'apple'")),
            "exit 1 KeyError \"'apple'\" uncaught prices.py");
  EXPECT_EQ(signature_of(traceback("ZeroDivisionError: division by zero")),
            "exit 1 ZeroDivisionError \"division by zero\" uncaught prices.py");
  EXPECT_EQ(signature_of(traceback("json.decoder.JSONDecodeError: Expecting value: line 1")),
            "exit 1 json.decoder.JSONDecodeError \"Expecting value: line #\" uncaught prices.py");
  EXPECT_EQ(signature_of("a log line\n" + traceback("KeyboardInterrupt")),
            "exit 1 KeyboardInterrupt \"\" uncaught prices.py");
}

TEST(ProgramDeath, OfOnePythonErrorIsOneWhereverTheProgramLies) {
  std::string elsewhere = traceback("KeyError: 'apple'");
  elsewhere.replace(elsewhere.find("/srv/app/prices.py\", line 4"), 27, "/x/prices.py\", line 44");
  EXPECT_EQ(signature_of(elsewhere), signature_of(traceback("KeyError: 'apple'")));
}

TEST(ProgramDeath, OfAPythonProgramThatWentOnIsItsLastLine) {
  EXPECT_EQ(signature_of(traceback("KeyError: 'apple'") + "giving up after 3 tries\n"),
            "exit 1 \"giving up after # tries\"");
}

TEST(ProgramDeath, OfARustPanicIsItsMessageInBothForms) {
  const std::string now =
      "thread 'main' panicked at src/main.rs:2:5:\n"
      "index out of bounds: the len is 3 but the index is 99\n"
      "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
  const std::string then =
      "thread 'main' panicked at 'index out of bounds: the len is 3 but the index is 99', "
      "src/main.rs:2:5\nnote: run with `RUST_BACKTRACE=1` …\n";
  EXPECT_EQ(signature_of(now, 101),
            "exit 101 panic \"index out of bounds: the len is # but the index is #\" uncaught "
            "main.rs");
  EXPECT_EQ(signature_of(then, 101), signature_of(now, 101));
  // A thread that panicked before the program ended otherwise is not its end.
  EXPECT_EQ(signature_of(now + "Error: \"no such table\"\n", 1),
            "exit 1 \"Error: \"no such table\"\"");
}

TEST(ProgramDeath, OfGoIsItsPanicOrFatalError) {
  EXPECT_EQ(signature_of("panic: runtime error: index out of range [5] with length 3\n\n"
                         "goroutine 1 [running]:\nmain.f(...)\n\t/srv/app/list.go:7\n"
                         "main.main()\n\t/srv/app/main.go:11 +0x1d\nexit status 2\n",
                         2),
            "exit 2 panic \"runtime error: index out of range [#] with length #\" uncaught "
            "list.go");
  EXPECT_EQ(signature_of("fatal error: all goroutines are asleep - deadlock!\n\n"
                         "goroutine 1 [chan receive]:\nmain.main()\n\t/srv/app/main.go:5 +0x2e\n",
                         2),
            "exit 2 fatal-error \"all goroutines are asleep - deadlock!\" uncaught main.go");
}

TEST(ProgramDeath, OfJavaIsItsRootCause) {
  EXPECT_EQ(
      signature_of("Exception in thread \"main\" java.lang.ArithmeticException: divide by zero\n"
                   "\tat Shop.price(Shop.java:5)\n\tat Shop.main(Shop.java:9)\n"),
      "exit 1 java.lang.ArithmeticException \"divide by zero\" uncaught Shop.java");
  EXPECT_EQ(signature_of("Exception in thread \"main\" java.lang.RuntimeException: wrapped\n"
                         "\tat Shop.main(Shop.java:9)\n"
                         "Caused by: java.lang.NullPointerException: no price\n"
                         "\tat java.base/java.util.Objects.requireNonNull(Objects.java:233)\n"
                         "\tat Price.of(Price.java:3)\n\t... 1 more\n"),
            "exit 1 java.lang.NullPointerException \"no price\" uncaught Price.java");
}

// As OpenJDK 17 wrote it.
TEST(ProgramDeath, OfJavaTakesTheFileOfWhatWrapsACauseWithoutFramesOfItsOwn) {
  EXPECT_EQ(
      signature_of("Exception in thread \"main\" java.lang.RuntimeException: wrapped\n"
                   "\tat D.main(D.java:2)\nCaused by: java.lang.NullPointerException\n"
                   "\tat java.base/java.util.Objects.requireNonNull(Objects.java:208)\n"
                   "\tat java.base/java.util.ImmutableCollections$MapN.get(Immutable.java:1)\n"
                   "\t... 1 more\n"),
      "exit 1 java.lang.NullPointerException \"\" uncaught D.java");
}

TEST(ProgramDeath, OfRubyIsItsErrorInBothForms) {
  EXPECT_EQ(signature_of("/srv/app.rb:2:in `fetch': key not found: :a (KeyError)\n"
                         "\tfrom /srv/app.rb:2:in `<main>'\n"),
            "exit 1 KeyError \"key not found: :a\" uncaught app.rb");
  EXPECT_EQ(signature_of("/srv/app.rb:2:in 'Hash#fetch': key not found: :a (KeyError)\n"),
            "exit 1 KeyError \"key not found: :a\" uncaught app.rb");
}

TEST(ProgramDeath, OfAShellIsItsLastLine) {
  EXPECT_EQ(signature_of("/srv/run.sh: line 3: frobnicate: command not found\n", 127),
            "exit 127 \"run.sh: line #: frobnicate: command not found\"");
  EXPECT_EQ(signature_of("sh: 1: frobnicate: not found\n", 127),
            "exit 127 \"sh: #: frobnicate: not found\"");
  EXPECT_NE(signature_of("run.sh: line 3: TABLE: unbound variable\n"),
            signature_of("run.sh: line 3: PRICE: unbound variable\n"));
}

TEST(ProgramDeath, LastLineHoldsNothingThatDiffersFromRunToRun) {
  const char* const one =
      "[2026-12-01T00:48:18.123Z] worker-7f3a: request 0f8fad5b-d9cb-469f-a165-70867728950e "
      "failed after 12ms at 0x7ffd\n";
  const char* const two =
      "[2027-01-31T10:08:00Z] worker-11: request 9eadbeef-cafe-4eee-baad-feedfacecafe "
      "failed after 1.5s at 0x55\n";
  EXPECT_EQ(steady_last_line(one), "[#] worker-#: request # failed after # at #");
  EXPECT_EQ(steady_last_line(two), steady_last_line(one));
  EXPECT_EQ(steady_last_line("117:M 01 Dec 2026 00:48:18.123 # no space"),
            steady_last_line("9:M 12 Jan 2027 10:00:00.001 # no space"));
  EXPECT_EQ(steady_last_line("\x1b[31mno such\x1b[0m table\n\n"), "no such table");
  EXPECT_EQ(steady_last_line("error: no such thing\n    at app.js:7\n"), "error: no such thing");
  EXPECT_EQ(steady_last_line("  indented\n"), "indented");
  EXPECT_EQ(steady_last_line(" \n\n"), "");
}

TEST(ProgramDeath, OfAnExitWithoutWordsIsTheStatusAndSaysSo) {
  EXPECT_EQ(signature_of("", 3), "exit 3 it ended itself");
  EXPECT_TRUE(tells_status_only("exit 3 it ended itself", 3, "it ended itself"));
  EXPECT_FALSE(tells_status_only("exit 3 \"no such table\"", 3, "it ended itself"));
  EXPECT_FALSE(alike_across_builds("exit 3 \"bad tag <b\"", "exit 3 \"bad tag c<b\""));
  EXPECT_TRUE(tells_status_only("exit 15 unhandled exception", 15, "unhandled exception"));
}

}  // namespace program_death_test
}  // namespace recrank
