// Lines that are not one whole record each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "snapshot/agoric/slog/slog_line.h"
#include "tests/support/snapshot/slog_fixture.h"

namespace recrank::agoric {
namespace slog_lines_test {

using testing::HasSubstr;

const std::string kStart = R"({"time":1.5,"type":"import-kernel-start"})";
const std::string kClist = R"({"time":1.25,"type":"clist","crankNum":7,"vatID":"v1"})";
const std::string kCrank =
    R"({"type":"crank-start","crankNum":3,"message":{"type":"create-vat","vatID":"v7"},"time":1.5})";

// Each piece in its own brackets; damaged ones in <>.
std::string pieces_of(const std::string& text, bool ended = true) {
  std::vector<SlogPiece> pieces;
  split_slog_line({.text = text, .place = {}, .ended = ended}, pieces);
  std::string all;
  for (const SlogPiece& piece : pieces) {
    EXPECT_EQ(text.substr(piece.at, piece.text.size()), piece.text);
    all += (piece.damaged ? "<" : "(") + std::string(piece.text) + (piece.damaged ? ">" : ")");
  }
  return all;
}

TEST(SlogLine, IsOneRecord) {
  EXPECT_EQ(pieces_of(kClist), "(" + kClist + ")");
  EXPECT_EQ(pieces_of(kCrank), "(" + kCrank + ")") << "the message inside it is no record";
  EXPECT_EQ(pieces_of(""), "");
  EXPECT_EQ(pieces_of("  \r"), "");
}

TEST(SlogLine, OfAKilledProcessIsCutWhereTheNextOneBegan) {
  EXPECT_EQ(pieces_of(kClist + kStart), "(" + kClist + ")(" + kStart + ")");
  EXPECT_EQ(pieces_of(kCrank + kStart + kCrank),
            "(" + kCrank + ")(" + kStart + ")(" + kCrank + ")");
}

TEST(SlogLine, TornAnywhereLosesOnlyTheTornRecord) {
  for (const std::string& torn : {kClist, kCrank}) {
    for (size_t size = 1; size < torn.size(); ++size) {
      // An object inside a torn record is no record, even if it is whole.
      const std::string part = torn.substr(0, size);
      EXPECT_EQ(pieces_of(part + kStart), "<" + part + ">(" + kStart + ")");
    }
  }
}

TEST(SlogLine, TornAtTheEndOfTheFileIsDamage) {
  for (size_t size = 1; size < kCrank.size(); ++size) {
    const std::string torn = kCrank.substr(0, size);
    EXPECT_EQ(pieces_of(torn, false), "<" + torn + ">");
  }
  EXPECT_EQ(pieces_of(kCrank, false), "(" + kCrank + ")") << "only the line end is missing";
}

TEST(SlogLine, ThatRepeatsABeginningWithoutEndIsGivenUp) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "{\"time\":1,";
  EXPECT_EQ(pieces_of(text), "<" + text + ">");
}

TEST(SlogHead, FindsItsMembersInAnyOrder) {
  const std::string usual =
      R"({"time":1,"type":"deliver","crankNum":5,"vatID":"v1","deliveryNum":2,"vd":["x"]})";
  const std::string other =
      R"({ "vd":["x"], "kd":{"vatID":"v9"}, "deliveryNum":2, "vatID":"v1", "crankNum":5, "type":"deliver" })";
  for (const std::string& text : {usual, other}) {
    const auto head = read_slog_head(text);
    ASSERT_TRUE(head) << text;
    EXPECT_EQ(head->type, SlogType::kDeliver);
    EXPECT_EQ(head->vat_id, "v1");
    EXPECT_EQ(head->crank, 5U);
    EXPECT_EQ(head->delivery, 2U);
  }
}

TEST(SlogHead, RefusesWhatIsNoRecord) {
  for (const char* text : {"", "{", "{}", "[]", "null", R"({"type":7})", R"({"type":"clist")",
                           R"({"type":"other"}x)", R"({"a":"b\"})", R"({"type":"x",})"}) {
    EXPECT_FALSE(read_slog_head(text)) << text;
  }
}

TEST(SlogHead, TakesNoNumberThatJavaScriptCannotCount) {
  const auto head = read_slog_head(
      R"({"type":"deliver","crankNum":1e3,"vatID":"vx","deliveryNum":99999999999999999,"vd":[]})");
  ASSERT_TRUE(head);
  EXPECT_FALSE(head->crank);
  EXPECT_FALSE(head->delivery);
  EXPECT_EQ(head->vat_id, "");
}

SlogText sound() {
  SlogText log(SlogText::kOf2021);
  log.process().create("v1", "alice").replay("v1", 0).deliver("v1", "a", {{"x", "1"}});
  return log;
}

TEST(SlogLines, ThatWereGluedByAKillAreBothRead) {
  SlogText log = sound();
  log.text.pop_back();
  log.process().create("v1", "alice").replay("v1", 1).deliver("v1", "b");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 b");
  EXPECT_THAT(notes_of(*slog), HasSubstr("2 records or parts of records stand on one line"));
}

TEST(SlogLines, ThatWereTornByAKillCostTheDeliveryThatTheyEnd) {
  SlogText log = sound();
  log.deliver("v1", "lost");
  log.text.resize(log.text.size() - 20);
  log.roll_back(2, {{"v1", 1}}).process().create("v1", "alice").replay("v1", 1).deliver("v1", "b");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 b");
  EXPECT_THAT(notes_of(*slog), HasSubstr("v1: delivery 1 (line 12, crank 2) is left out: the "
                                         "process ended before its end was recorded"));
}

TEST(SlogLines, ThatEndTheFileTornAreNoted) {
  SlogText log = sound();
  log.deliver("v1", "b");
  const OpenedSlog slog(log.text.substr(0, log.text.size() - 10));
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1)");
  EXPECT_THAT(notes_of(*slog), HasSubstr("at the end of the file are a torn record"));
  EXPECT_THAT(notes_of(*slog), HasSubstr("v1: delivery 1 (line 12, crank 2) is left out: the log "
                                         "ends before its end was recorded"));
}

TEST(SlogLines, MayLackTheLastLineEnd) {
  SlogText log = sound();
  log.text.pop_back();
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1)");
  EXPECT_EQ(notes_of(*slog), "");
}

TEST(SlogLines, OfOtherProgramsAreNotedWithTheirPlace) {
  SlogText log = sound();
  const size_t offset = log.text.size();
  log.raw("W1234 disk is getting full").raw("").raw(std::string(1000, '\0')).deliver("v1", "b");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 b");
  EXPECT_THAT(notes_of(*slog),
              HasSubstr("line 11 (byte " + std::to_string(offset) + "): 26 bytes"));
  EXPECT_THAT(notes_of(*slog), HasSubstr("line 13 "));
  const HashReport report = slog->verify({});
  ASSERT_EQ(report.damage.size(), 2U);
  EXPECT_THAT(report.damage[0].place, HasSubstr("chain.slog:11"));
}

TEST(SlogLines, InsideADeliveryStopWhoeverReadsIt) {
  SlogText log = sound();
  log.begin("v1", "[\"message\",\"b\"]").raw("not a record").end("[\"ok\",null,null]");
  log.deliver("v1", "c");
  const OpenedSlog slog(log.text);
  EXPECT_EQ(story(*slog, "v1", {0, 1}), "0 a(x=1)");
  EXPECT_EQ(story(*slog, "v1", {2, 3}), "2 c");
  EXPECT_EQ(story(*slog, "v1"), "0 a(x=1) 1 <chain.slog:13: v1 step 1: the line is damaged>");
  EXPECT_EQ(slog->verify({.subject_id = "v1", .range = std::nullopt}).damage.size(), 1U);
}

TEST(SlogLines, OfTheConsoleMayStandAnywhere) {
  SlogText log(SlogText::kOf2024);
  log.process().create("v1", "alice").start_vat("v1").begin("v1", "[\"message\",\"a\"]");
  log.raw(
      R"({"type":"console","source":"vat","crankNum":2,"vatID":"v1","deliveryNum":2,"args":["{"],"time":1})");
  log.call("[\"get\"]", "[\"ok\",null]").end("[\"ok\",null,null]");
  EXPECT_EQ(story(*OpenedSlog(log.text), "v1"), "0 init 1 startVat 2 a(get=null)");
}

TEST(SlogLines, NoneOfThemARecordIsNoSlog) {
  for (const char* text : {"", "\n\n", "hello\nworld\n", "{\"a\":1}\n", "{\"type\":\"x\"}\n"}) {
    try {
      OpenedSlog slog(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    }
  }
}

}  // namespace slog_lines_test
}  // namespace recrank::agoric
