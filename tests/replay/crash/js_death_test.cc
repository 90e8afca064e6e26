// What the runtimes wrote here was written by Bun 1.3.12 to 1.4.5 and Node 20.20.2 for the programs
// that each test names; shortened where they quote source.

#include "replay/crash/js_death.h"

#include <gtest/gtest.h>

#include <string>

#include "replay/crash/signature.h"

namespace recrank {
namespace js_death_test {

std::string signature_of(const std::string& words, int status = 1) {
  ProcessEnd end;
  end.exit_status = status;
  end.meaning = "it ended itself";
  if (const auto death = parse_js_death(words)) end.death = program_death(*death);
  return crash_signature(end);
}

constexpr const char* kUnknown = "exit 1 it ended itself";
constexpr const char* kHandshake =
    "exit 1 error \"Timed out while waiting for handshake\" unheard-error-event client.js";

// ssh2's Client without a listener, at a listener that says nothing.
const std::string kBunHandshake =
    "1115 |           err.level = 'client-timeout';\n"
    "1116 |           this.emit('error', err);\n"
    "                      ^\n"
    "error: Timed out while waiting for handshake\n"
    "      at emitError (node:events:51:13)\n"
    "      at <anonymous> (/srv/lab/node_modules/ssh2/lib/client.js:1116:16)\n"
    "\n"
    "Bun v1.3.14 (Linux x64)\n";
const std::string kNodeHandshake =
    "node:events:502\n"
    "      throw er; // Unhandled 'error' event\n"
    "      ^\n"
    "\n"
    "Error: Timed out while waiting for handshake\n"
    "    at Timeout._onTimeout (/srv/lab/node_modules/ssh2/lib/client.js:1114:23)\n"
    "    at listOnTimeout (node:internal/timers:581:17)\n"
    "Emitted 'error' event on Client instance at:\n"
    "    at Timeout._onTimeout (/srv/lab/node_modules/ssh2/lib/client.js:1116:16)\n"
    "    at process.processTimers (node:internal/timers:519:7) {\n"
    "  level: 'client-timeout'\n"
    "}\n"
    "\n"
    "Node.js v20.20.2\n";

TEST(JsDeath, OfAnEventThatNobodyHearsIsOneOnBothRuntimes) {
  EXPECT_EQ(signature_of(kBunHandshake), kHandshake);
  EXPECT_EQ(signature_of(kNodeHandshake), kHandshake);
}

TEST(JsDeath, LeavesOutWhatDiffersBetweenReleasesAndMachines) {
  std::string later = kBunHandshake;
  later.replace(later.find("51:13"), 5, "50:13");
  later.replace(later.find("1.3.14"), 6, "1.4.5");
  later.replace(later.find("/srv/lab"), 8, "/home/somebody/else");
  EXPECT_EQ(signature_of(later), kHandshake);
  EXPECT_EQ(signature_of("caller saw: timeout to 127.0.0.1:42477\n" + later), kHandshake);
  EXPECT_EQ(signature_of("\x1b[31m" + kBunHandshake + "\n\n"), kHandshake);
}

// Compiled, minified: the line of source is the whole program, and the caret stands far to the
// right.
TEST(JsDeath, OfABundleIsReadBehindLinesOfAnyLength) {
  const std::string words = "15 | " + std::string(75'000, 'x') + "\n" + std::string(75'646, ' ') +
                            "^\n"
                            "error: Timed out while waiting for handshake\n"
                            "      at emitError (node:events:51:13)\n"
                            "      at <anonymous> (/$bunfs/root/dispatch-server:15:75641)\n"
                            "\n"
                            "Bun v1.3.13 (Linux x64)";
  const std::string expected =
      "exit 1 error \"Timed out while waiting for handshake\" unheard-error-event dispatch-server";
  EXPECT_EQ(signature_of(words), expected);
  for (const size_t kept : {300U, 2000U, 70'000U}) {
    EXPECT_EQ(signature_of(words.substr(words.size() - kept)), expected) << kept;
  }
}

TEST(JsDeath, NamesTheErrorAndTheFirstFileOfTheProgram) {
  EXPECT_EQ(
      signature_of("2 | setTimeout(() => { e.catch(() => {}); }, 20);\n"
                   "                       ^\n"
                   "TypeError: undefined is not an object (evaluating '(void 0).catch')\n"
                   "      at <anonymous> (/srv/lab/uncaught.ts:2:35)\n\nBun v1.3.13 (Linux x64)\n"),
      "exit 1 TypeError \"undefined is not an object (evaluating '(void #).catch')\" uncaught "
      "uncaught.ts");
  EXPECT_EQ(signature_of("/srv/a b/cls.cjs:1\nclass A{ m(){ throw new RangeError(\"deep\") } }\n   "
                         "           ^\n\n"
                         "RangeError: deep\n    at A.m (/srv/a b/my app.cjs:1:21)\n"
                         "    at Timeout._onTimeout (/srv/cls.cjs:2:24)\n\nNode.js v20.20.2",
                         7),
            "exit 7 RangeError \"deep\" uncaught my_app.cjs");
}

// A message of two lines; an error without one; what it holds; a cause with frames of its own.
TEST(JsDeath, ReadsTheErrorsOwnLineWhateverStandsAroundIt) {
  EXPECT_EQ(signature_of("1 | f()\n    ^\nTypeError: bad\nOtherError: line 12\n      at f "
                         "(/srv/throw.mjs:1:73)\n\n"
                         "Bun v1.4.5 (Linux x64)"),
            "exit 1 TypeError \"bad\" uncaught throw.mjs");
  EXPECT_EQ(signature_of(
                "error: connect ECONNREFUSED 127.0.0.1:1\n   errno: -111,\n syscall: \"connect\",\n"
                "    code: \"ECONNREFUSED\"\n\n      at afterConnect (node:net:1157:39)\n"
                "      at connectError (node:net:352:48)\n\nBun v1.3.14 (Linux x64)"),
            "exit 1 error \"connect ECONNREFUSED #.#.#.#:#\" uncaught no-file");
  EXPECT_EQ(signature_of("1 | x\n    ^\nError: \n      at <anonymous> (/srv/empty.mjs:1:34)\n\nBun "
                         "v1.3.14 (Linux x64)"),
            "exit 1 error \"\" uncaught empty.mjs");
  EXPECT_EQ(signature_of("file:///srv/empty.mjs:1\nx\n^\n\nError\n    at async "
                         "file:///srv/empty.mjs:1:24\n\nNode.js v20.20.2"),
            "exit 1 error \"\" uncaught empty.mjs");
  EXPECT_EQ(signature_of("file:///srv/cause.mjs:1\nx\n^\n\nError: outer\n    at run "
                         "(node:internal/timers:519:7) {\n"
                         "  [cause]: TypeError: inner\n      at f "
                         "(file:///srv/inner.mjs:1:49)\n}\n\nNode.js v20.20.2"),
            "exit 1 error \"outer\" uncaught no-file");
  EXPECT_EQ(signature_of("node:events:515\n    throw err; // Unhandled 'error' event\n    ^\n\n"
                         "Error [ERR_UNHANDLED_ERROR]: Unhandled error. ({ a: 1 })\n    at "
                         "EventEmitter.emit (node:events:513:17)\n"
                         "    at Timeout._onTimeout (file:///srv/emitnon.mjs:1:88) {\n  code: "
                         "'E'\n}\n\nNode.js v20.20.2"),
            "exit 1 error \"Unhandled error. ({ a: # })\" unheard-error-event emitnon.mjs");
  EXPECT_EQ(
      signature_of("node:internal/process/promises:389\n      new "
                   "UnhandledPromiseRejection(reason);\n      ^\n\n"
                   "UnhandledPromiseRejection: This error originated either by throwing\n"
                   "    at throwUnhandledRejectionsMode (node:internal/process/promises:389:7) {\n"
                   "  code: 'ERR_UNHANDLED_REJECTION'\n}\n\nNode.js v20.20.2"),
      "exit 1 UnhandledPromiseRejection \"This error originated either by throwing\" "
      "unhandled-rejection no-file");
}

// The server had logged an error, and lived on.
TEST(JsDeath, IsOfTheLastErrorNotOfOneBeforeIt) {
  const std::string before =
      "3 | log(e)\n        ^\nTypeError: logged\n      at f (/srv/log.js:3:9)\n\n";
  EXPECT_EQ(signature_of(
                before +
                "error: read ECONNRESET\n      at g (/srv/late.js:9:9)\n\nBun v1.3.14 (Linux x64)"),
            "exit 1 error \"read ECONNRESET\" uncaught late.js");
  EXPECT_EQ(signature_of(before + kNodeHandshake), kHandshake);
  EXPECT_EQ(
      signature_of(before +
                   "gone without a word\n      at g (/srv/late.js:9:9)\n\nBun v1.3.14 (Linux x64)"),
      kUnknown);
}

TEST(JsDeath, OfAnyOtherTextIsNotGuessed) {
  EXPECT_EQ(signature_of(""), kUnknown);
  EXPECT_EQ(signature_of("error: no such thing\n    at app.js:7\n"), kUnknown);
  EXPECT_EQ(signature_of("\nBun v1.3.14 (Linux x64)"), kUnknown);
  EXPECT_EQ(signature_of(kBunHandshake + "and something behind it\n"), kUnknown);
  EXPECT_EQ(signature_of("error: only text\nonly text\n\nBun v1.3.14 (Linux x64)"), kUnknown);
  EXPECT_EQ(signature_of("error\n{\n  code: 1,\n}\n\nBun v1.3.14 (Linux x64)"), kUnknown);
  EXPECT_EQ(signature_of("\nfile:///srv/throwstr.mjs:1\nx\n^\na string\n(Use `node "
                         "--trace-uncaught ...`)\n\nNode.js v20.20.2"),
            kUnknown);
  // The banner of a native crash is no last line, and has a commit.
  EXPECT_EQ(signature_of("error: x\n      at f (/a.js:1:1)\n\nBun v1.3.13 (bf2e2cec) Linux x64\n"),
            kUnknown);
  EXPECT_EQ(signature_of("Node.js v20.20.2"), kUnknown);
  EXPECT_EQ(signature_of("^\nNode.js v20.20.2"), kUnknown);
}

TEST(JsDeath, TextFromAProgramCannotBreakTheLine) {
  const std::string line =
      signature_of("error: a\x01\xff" + std::string(9000, 'm') + "\n      at f (/srv/" +
                   std::string(9000, 'f') + "\x07.js:1:1)\n\nBun v1.3.14 (Linux x64)");
  EXPECT_LT(line.size(), 400U);
  EXPECT_EQ(line.find_first_of("\x01\x07\n\xff"), std::string::npos) << line;
  EXPECT_EQ(line.find("\xff"), std::string::npos);
}

}  // namespace js_death_test
}  // namespace recrank
