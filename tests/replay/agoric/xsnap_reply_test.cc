#include "replay/agoric/xsnap_reply.h"

#include <gtest/gtest.h>

#include <string>

namespace recrank::agoric {
namespace xsnap_reply_test {

// "COMPUTRONS RESULT", or the problem.
std::string reply_of(std::string_view text) {
  std::string problem;
  const auto reply = parse_command_reply(text, problem);
  if (!reply) return problem;
  return std::to_string(reply->computrons) + " " + std::string(reply->result);
}

TEST(XsnapReply, TakesComputeFromTheMeterAndTheResultFromBehindIt) {
  EXPECT_EQ(reply_of("{\"currentHeapCount\":3901,\"compute\":32,\"allocate\":42074144,"
                     "\"timestamps\":[1795296557.149274,1795296557.149573]}\x01[\"ok\",null,null]"),
            "32 [\"ok\",null,null]");
  EXPECT_EQ(reply_of("{\"compute\":49699,\"allocate\":42074144}\x01"), "49699 ");
  EXPECT_EQ(reply_of("[7,42074144]\x01[\"ok\",null,null]"), "7 [\"ok\",null,null]");
  EXPECT_EQ(reply_of("{\"compute\":4294967295}\x01x\x01y"), "4294967295 x\x01y");
}

TEST(XsnapReply, NamesWhatIsWrongWithAMeter) {
  EXPECT_EQ(reply_of("[\"ok\",null,null]"), "an answer without a meter: '[\"ok\",null,null]'");
  EXPECT_EQ(reply_of(""), "an answer without a meter: ''");
  EXPECT_EQ(reply_of("{\"allocate\":1}\x01[]"), "a meter without \"compute\": '{\"allocate\":1}'");
  EXPECT_EQ(reply_of("[]\x01[]"), "a meter without \"compute\": '[]'");
  for (const char* const meter :
       {"", "nonsense", "{\"compute\":-1}", "{\"compute\":1.5}", "{\"compute\":\"1\"}",
        "{\"compute\"", "{\"compute\":null}", "{\"compute\":99999999999999999999999}", "7"}) {
    EXPECT_TRUE(reply_of(std::string(meter) + "\x01[]").starts_with("a meter that cannot be read"))
        << meter << ": " << reply_of(std::string(meter) + "\x01[]");
  }
}

TEST(XsnapReply, SlicesASystemCallWithoutLookingIntoIt) {
  const Upcall upcall = parse_upcall(R"(["syscall",["vatstoreSet","k","]"]])");
  EXPECT_EQ(upcall.kind, UpcallKind::kSyscall);
  EXPECT_EQ(upcall.argument, R"(["vatstoreSet","k","]"])");
}

TEST(XsnapReply, KnowsTheOtherCallsAndUnusualSpellings) {
  EXPECT_EQ(parse_upcall(R"(["console","log","SwingSet:vatWorker","x"])").kind,
            UpcallKind::kConsole);
  EXPECT_EQ(parse_upcall(R"(["sourcedConsole","vat","log"])").kind, UpcallKind::kConsole);
  EXPECT_EQ(parse_upcall(R"(["testLog","hello"])").kind, UpcallKind::kTestLog);
  const Upcall spaced = parse_upcall(" [ \"syscall\" , [1] ]");
  EXPECT_EQ(spaced.kind, UpcallKind::kSyscall);
  EXPECT_EQ(spaced.argument, "[1]");
}

TEST(XsnapReply, SaysWhatIsPrinted) {
  EXPECT_EQ(console_text(R"(["sourcedConsole","vat","log","audit of","main","203n",{"a":1}])"),
            R"(audit of main 203n {"a":1})");
  EXPECT_EQ(console_text(R"(["sourcedConsole","ls","error","no"])"), "error: no");
  EXPECT_EQ(console_text(R"(["console","warn","SwingSet:vat","x"])"), "warn: x");
  EXPECT_EQ(console_text(R"(["sourcedConsole","vat","log"])"), "");
  for (const char* const other : {"", "[]", "[1,2", R"(["console"])"}) {
    EXPECT_EQ(console_text(other), other);
  }
}

TEST(XsnapReply, RefusesOtherCalls) {
  for (const char* const text : {"", "[]", "{}", "x", "[\"explode\"]", "[\"syscall\"]", "[1,2]",
                                 "[ \"syscall\",[1],[2]]", "[\"syscall\",[1", "[\"conso"}) {
    EXPECT_EQ(parse_upcall(text).kind, UpcallKind::kUnknown) << text;
  }
  EXPECT_EQ(parse_upcall(std::string(100'000, '[')).kind, UpcallKind::kUnknown);
}

TEST(XsnapReply, ReadsTheEnginesOwnWord) {
  EXPECT_EQ(delivery_was_ok("[\"ok\",null,null]"), true);
  EXPECT_EQ(delivery_was_ok("[\"error\",\"boom\",null]"), false);
  EXPECT_EQ(delivery_was_ok("[\"err\",\"TypeError\",\"x\"]"), false);
  EXPECT_EQ(delivery_was_ok("[\"dispatchReady\"]"), std::nullopt);
  EXPECT_EQ(delivery_was_ok(""), std::nullopt);
}

}  // namespace xsnap_reply_test
}  // namespace recrank::agoric
