#include "replay/agoric/xsbug_messages.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace recrank::agoric {
namespace xsbug_messages_test {

// As a worker wrote it at a breakpoint, its globals shortened.
constexpr std::string_view kStop =
    "\r\n<xsbug><frames>"
    "<frame name=\"append\" value=\"@0000555ADCBE7480\" path=\".../vats/ledger.js\" line=\"38\"/>"
    "<frame name=\"(host)\" value=\"@0000555ADCBE94C0\"/></frames>"
    "<local name=\"append\" value=\"@0000555ADCBE7480\" path=\".../vats/ledger.js\" line=\"38\">"
    "<property flags=\" cew_\" name=\"(return)\" value=\"undefined\"/>"
    "<property flags=\" cew_\" name=\"new.target\" value=\"undefined\"/>"
    "<property flags=\"+Cew_\" name=\"entry\" value=\"@00007FB6226FAE30\"/>"
    "<property flags=\" Cew_\" name=\"serial\" value=\"3\"/>"
    "<property flags=\" Cew_\" name=\"text\" value=\"'a &#60;b&#62;&#10;c'\"/>"
    "<property flags=\" Cew_\" name=\"sum\" value=\"-0xC9n\"/>"
    "<property flags=\" Cew_\" name=\"huge\" value=\"0x10000000000000000n\"/>"
    "<property flags=\" Cew_\" name=\"later\"/></local>"
    "<global><property flags=\"+cEw_\" name=\"Array\" value=\"@00007FB6220082D0\"/></global>"
    "<grammar></grammar>"
    "<break path=\".../vats/ledger.js\" line=\"38\"># Break: breakpoint!\n</break></xsbug>\r\n";

std::vector<XsbugMessage> read(const std::vector<std::string_view>& pieces) {
  XsbugReader reader;
  std::vector<XsbugMessage> messages;
  for (const std::string_view piece : pieces) {
    EXPECT_TRUE(reader.add(piece));
    while (auto message = reader.next()) messages.push_back(*std::move(message));
  }
  return messages;
}

TEST(XsbugMessages, AStopHasItsFramesItsVariablesAndWhy) {
  const std::vector<XsbugMessage> messages = read({kStop});
  ASSERT_EQ(messages.size(), 1U);
  const XsbugMessage& stop = messages.front();
  EXPECT_TRUE(stop.stopped);
  EXPECT_EQ(stop.break_words, "breakpoint");
  EXPECT_EQ(stop.break_path, ".../vats/ledger.js");
  EXPECT_EQ(stop.break_line, 38U);
  ASSERT_EQ(stop.frames.size(), 2U);
  EXPECT_EQ(stop.frames[0].frame.function, "append");
  EXPECT_EQ(stop.frames[0].frame.line, 38U);
  EXPECT_EQ(stop.frames[0].address, "@0000555ADCBE7480");
  EXPECT_EQ(stop.frames[1].frame.path, "");
  EXPECT_EQ(stop.variables_of, "@0000555ADCBE7480");
}

TEST(XsbugMessages, VariablesAreThoseOfTheFunctionAsPeopleWriteThem) {
  const XsbugMessage stop = read({kStop}).at(0);
  const std::vector<SourceVariable> expected{{"entry", "{…}"},
                                             {"serial", "3"},
                                             {"text", "'a <b>\\x0ac'"},
                                             {"sum", "-201n"},
                                             {"huge", "0x10000000000000000n"}};
  EXPECT_EQ(stop.variables, expected);
}

TEST(XsbugMessages, AMessageMayComeInAnyPieces) {
  const std::string twice = std::string(kStop) + std::string(kStop);
  for (size_t cut = 1; cut < twice.size(); cut += 7) {
    const std::string_view whole(twice);
    const std::vector<XsbugMessage> messages = read({whole.substr(0, cut), whole.substr(cut)});
    ASSERT_EQ(messages.size(), 2U) << cut;
    EXPECT_EQ(messages[1].frames.size(), 2U) << cut;
  }
}

TEST(XsbugMessages, LoginAndLogAreTold) {
  const std::vector<XsbugMessage> messages =
      read({"\r\n<xsbug><login name=\"xsnap\" value=\"XS\"/></xsbug>\r\n"
            "\r\n<xsbug><log>too much computation&#10;</log></xsbug>\r\n"});
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_TRUE(messages[0].login);
  EXPECT_FALSE(messages[0].stopped);
  EXPECT_EQ(messages[1].log, "too much computation\n");
}

TEST(XsbugMessages, RubbishIsNoMessageAndIsNamed) {
  for (const char* const text : {"<xsbug", "", "<a/>", "<xsbug><frames></xsbug>", "\xff\xfe\x00",
                                 "<!DOCTYPE x [<!ENTITY a"}) {
    std::string problem;
    EXPECT_FALSE(parse_xsbug(text, problem)) << text;
    EXPECT_NE(problem, "") << text;
  }
  XsbugReader reader;
  ASSERT_TRUE(reader.add("HTTP/1.1 200 OK</xsbug>\r\n"));
  const auto message = reader.next();
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->stopped || message->login);
  EXPECT_NE(reader.problem(), "");
}

// Entities that are made of entities are not followed.
TEST(XsbugMessages, AnXmlBombStaysSmall) {
  std::string problem;
  const auto message = parse_xsbug(
      "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
      "<xsbug><log>&b;&b;&b;&b;</log></xsbug>",
      problem);
  ASSERT_TRUE(message) << problem;
  EXPECT_LE(message->log.size(), 16U);
}

TEST(XsbugMessages, WhatIsHugeIsCutAndWhatIsDeepIsRead) {
  std::string deep = "<xsbug><local value=\"@1\">";
  for (int i = 0; i < 100'000; ++i) deep += "<property name=\"a\" value=\"1\">";
  for (int i = 0; i < 100'000; ++i) deep += "</property>";
  deep += "</local></xsbug>";
  std::string problem;
  const auto nested = parse_xsbug(deep, problem);
  ASSERT_TRUE(nested) << problem;
  EXPECT_EQ(nested->variables.size(), 1U);

  const std::string value(1 << 20, 'x');
  const auto large = parse_xsbug(
      "<xsbug><local value=\"@1\"><property name=\"a\" value=\"'" + value + "'\"/></local></xsbug>",
      problem);
  ASSERT_TRUE(large) << problem;
  EXPECT_LT(large->variables.at(0).value.size(), 2100U);
}

TEST(XsbugMessages, AStreamWithoutAnEndIsGivenUp) {
  XsbugReader reader;
  const std::string piece(1 << 20, ' ');
  bool goes_on = true;
  for (size_t bytes = 0; goes_on && bytes <= 2 * kXsbugMessageBytesMax; bytes += piece.size()) {
    goes_on = reader.add(piece);
    EXPECT_FALSE(reader.next());
  }
  EXPECT_FALSE(goes_on);
}

TEST(XsbugMessages, ABreakpointIsSetOnlyWhereTheMachineCanBeToldOf) {
  EXPECT_EQ(xsbug_set_breakpoint("/a/b.js", 12),
            "\r\n<set-breakpoint path=\"/a/b.js\" line=\"12\"/>\r\n");
  EXPECT_FALSE(xsbug_set_breakpoint("", 1));
  EXPECT_FALSE(xsbug_set_breakpoint("a", 0));
  EXPECT_FALSE(xsbug_set_breakpoint("a", 0x8000));
  EXPECT_FALSE(xsbug_set_breakpoint(std::string(256, 'a'), 1));
  EXPECT_FALSE(xsbug_set_breakpoint("a\"/><abort/>", 1));
}

}  // namespace xsbug_messages_test
}  // namespace recrank::agoric
