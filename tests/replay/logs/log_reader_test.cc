// Lines of kubectl 1.32 and systemd 252 as they wrote them; of docker, containerd and fluent-bit in
// the form that their sources print.

#include "replay/logs/log_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace recrank {
namespace log_reader_test {

using testing::ElementsAre;

struct Heard {
  std::string time, source, text;
  friend bool operator==(const Heard&, const Heard&) = default;
};
void PrintTo(const Heard& heard, std::ostream* out) {
  *out << heard.time << " | " << heard.source << " | " << heard.text;
}

std::vector<Heard> heard_of(const std::vector<std::string>& lines, uint64_t* left_out = nullptr) {
  std::vector<Heard> all;
  const auto take = [&](const LogLine& line) {
    all.push_back({std::string(line.time), std::string(line.source), std::string(line.text)});
  };
  LogReader reader([](std::string_view line) { return line.starts_with("{\"kind\":\"log\","); });
  for (const std::string& line : lines) reader.take(line, false, take);
  reader.end_file(take);
  if (left_out != nullptr) *left_out = reader.left_out();
  return all;
}

Heard only(const std::string& line) {
  const std::vector<Heard> all = heard_of({line});
  return all.size() == 1 ? all[0] : Heard{"", "", "not one line but " + std::to_string(all.size())};
}

struct Form {
  const char* line;
  Heard heard;
};
class LogForm : public testing::TestWithParam<Form> {};

TEST_P(LogForm, IsTakenOff) { EXPECT_EQ(only(GetParam().line), GetParam().heard); }

INSTANTIATE_TEST_SUITE_P(
    Collectors, LogForm,
    testing::Values(
        Form{"Jun 28 00:12:02 box bun[931]: Bun v1", {"Jun 28 00:12:02", "bun[931]", "Bun v1"}},
        Form{"Jun 28 00:12:02 box root: Bun v1", {"Jun 28 00:12:02", "root", "Bun v1"}},
        Form{"Jun 28 00:12:02 bun[931]: Bun v1", {"Jun 28 00:12:02", "bun[931]", "Bun v1"}},
        Form{"Sun 2026-06-28 00:12:02 UTC box bun[931]: Bun v1",
             {"Sun 2026-06-28 00:12:02 UTC", "bun[931]", "Bun v1"}},
        Form{"1782605522.001234 box bun[931]: Bun v1", {"1782605522.001234", "bun[931]", "Bun v1"}},
        Form{"[ 5522.001234] box bun[931]: Bun v1", {"[ 5522.001234]", "bun[931]", "Bun v1"}},
        Form{"[ 5522.002468 <    0.001234 >] box bun[931]: Bun v1",
             {"[ 5522.002468 <    0.001234 >]", "bun[931]", "Bun v1"}},
        Form{"[ 5522.001234                ] box bun[931]: Bun v1",
             {"[ 5522.001234                ]", "bun[931]", "Bun v1"}},
        Form{"<30>Jun 28 00:12:02 box bun[931]: Bun v1", {"Jun 28 00:12:02", "bun[931]", "Bun v1"}},
        Form{"<30>bun[931]: Bun v1", {"", "bun[931]", "Bun v1"}},
        Form{"2026-06-28T00:12:02.1+00:00 box bun: Bun v1",
             {"2026-06-28T00:12:02.1+00:00", "bun", "Bun v1"}},
        Form{"<30>1 2026-06-28T00:12:02.1Z box bun 931 - - Bun v1",
             {"2026-06-28T00:12:02.1Z", "bun 931", "Bun v1"}},
        Form{"<30>1 2026-06-28T00:12:02.1Z box bun - x [a@1 b=\"]\\\"\"][c] \xef\xbb\xbf"
             "Bun v1",
             {"2026-06-28T00:12:02.1Z", "bun", "Bun v1"}},
        Form{"2026-06-28T00:12:02.123456789Z stderr F       at x",
             {"2026-06-28T00:12:02.123456789Z", "", "      at x"}},
        Form{"2026-06-28T00:12:02.123456789Z stderr F", {"2026-06-28T00:12:02.123456789Z", "", ""}},
        Form{"[pod/dispatch-0/app]       at x", {"", "pod/dispatch-0/app", "      at x"}},
        Form{"[pod/dispatch-0/app] 2026-06-28T00:12:02.123456789Z Bun v1",
             {"2026-06-28T00:12:02.123456789Z", "pod/dispatch-0/app", "Bun v1"}},
        Form{"dispatch-1  |       at x", {"", "dispatch-1", "      at x"}},
        Form{"\x1b[36mdispatch-1  | \x1b[0mBun v1", {"", "dispatch-1", "Bun v1"}},
        Form{R"({"log":"      at x\n","stream":"stderr","time":"2026-06-28T00:12:02.1Z"})",
             {"2026-06-28T00:12:02.1Z", "", "      at x"}},
        Form{R"({"_PID":"931","SYSLOG_IDENTIFIER":"bun","MESSAGE":"Bun v1","_COMM":"b"})",
             {"", "bun[931]", "Bun v1"}},
        Form{R"({"MESSAGE":[66,117,110,32,118,49],"__REALTIME_TIMESTAMP":"1782605522001234"})",
             {"2026-06-28T00:12:02.001Z", "", "Bun v1"}},
        Form{
            R"({"date":1782605522.1,"log":"Bun v1","kubernetes":{"pod_name":"d-0","container_name":"app"}})",
            {"1782605522.1", "pod/d-0/app", "Bun v1"}},
        Form{R"([0] app: [1782605522.1, {"log"=>"Args: "a"", "stream"=>"stderr"}])",
             {"1782605522.1", "", "Args: \"a\""}},
        Form{R"([3] app: [[1782605522.1, {}], {"n"=>3, "log"=>"Bun v1"}])",
             {"1782605522.1", "", "Bun v1"}},
        Form{R"(app: [1782605522.1, {"log":"Bun v1","stream":"stderr"}])",
             {"1782605522.1", "", "Bun v1"}},
        Form{
            R"({"timestamp":"2026-05-04T14:04:09Z","level":"ERROR","fields":{"error":"full","message":"Fatal: x","n":3}})",
            {"2026-05-04T14:04:09Z", "", "Fatal: x error=full n=3"}}));

INSTANTIATE_TEST_SUITE_P(
    Programs, LogForm,
    testing::Values(Form{"2026-05-04T14:04:09.061014Z ERROR henyey_app::app: WATCHDOG: x",
                         {"2026-05-04T14:04:09.061014Z", "", "ERROR henyey_app::app: WATCHDOG: x"}},
                    Form{"2026-05-04T14:04:09Z app error: x",
                         {"2026-05-04T14:04:09Z", "", "app error: x"}},
                    Form{"1116 |           this.emit('error', err);",
                         {"", "", "1116 |           this.emit('error', err);"}},
                    Form{"RSS: 1MB | Peak: 2MB", {"", "", "RSS: 1MB | Peak: 2MB"}},
                    Form{"[lottery W=19] candidates=1", {"", "", "[lottery W=19] candidates=1"}},
                    Form{"{\"kind\":3}", {"", "", "{\"kind\":3}"}},
                    Form{"{ not JSON", {"", "", "{ not JSON"}}, Form{"<3 you", {"", "", "<3 you"}},
                    Form{"data: nothing", {"", "", "data: nothing"}}));

TEST(LogReader, ACollectorsLineWithinAnothersIsTakenOffToo) {
  EXPECT_EQ(only(R"({"log":"{\"fields\":{\"message\":\"Fatal: x\"}}\n","time":"t"})"),
            (Heard{"t", "", "Fatal: x"}));
  EXPECT_EQ(only(R"({"log":"Jun 28 00:12:02 box bun[931]: Bun v1"})"),
            (Heard{"Jun 28 00:12:02", "bun[931]", "Bun v1"}));
  EXPECT_EQ(only(R"(Jun 28 00:12:02 box henyey[7]: {"fields":{"message":"Fatal: x"}})"),
            (Heard{"Jun 28 00:12:02", "henyey[7]", "Fatal: x"}));
  EXPECT_EQ(only(R"(dispatch-1  | {"msg":"Fatal: x"})"), (Heard{"", "dispatch-1", "Fatal: x"}));
}

TEST(LogReader, AServersOwnRecordStaysAsItIs) {
  const std::string record = R"({"kind":"log","msg":"x","timestamp":1})";
  EXPECT_EQ(only(record).text, record);
  EXPECT_EQ(only(R"({"log":"{\"kind\":\"log\",\"msg\":\"x\",\"timestamp\":1}\n"})").text, record);
}

TEST(LogReader, PiecesAreJoinedStreamByStream) {
  const std::string head = "2026-06-28T00:12:02.1Z ";
  EXPECT_THAT(heard_of({head + "stderr P Bun ", head + "stdout F other", head + "stderr P v",
                        head + "stderr F 1"}),
              ElementsAre(Heard{"2026-06-28T00:12:02.1Z", "", "other"},
                          Heard{"2026-06-28T00:12:02.1Z", "", "Bun v1"}));
  const std::string long_text(16384, 'x');
  const auto docker = heard_of({R"({"log":")" + long_text + R"(","stream":"stderr","time":"t"})",
                                R"({"log":"y\n","stream":"stderr","time":"t"})"});
  ASSERT_EQ(docker.size(), 1U);
  EXPECT_EQ(docker[0].text, long_text + "y");
  // A line that its end never reached is told at the end of the file.
  EXPECT_THAT(heard_of({head + "stderr P Bun"}), ElementsAre(Heard{"", "", "Bun"}));
}

TEST(LogReader, FurtherLinesOfAMessageAreOfItsProcess) {
  EXPECT_THAT(
      heard_of({"Jun 28 00:12:02 box henyey[77]: thread 'main' panicked at a.rs:5:9:",
                "                                  words", "      at x"}),
      ElementsAre(Heard{"Jun 28 00:12:02", "henyey[77]", "thread 'main' panicked at a.rs:5:9:"},
                  Heard{"Jun 28 00:12:02", "henyey[77]", "  words"}, Heard{"", "", "      at x"}));
  EXPECT_THAT(heard_of({R"({"MESSAGE":"a\nb","SYSLOG_IDENTIFIER":"x"})"}),
              ElementsAre(Heard{"", "x", "a"}, Heard{"", "x", "b"}));
}

TEST(LogReader, AnExportMayHoldLinesEndsInItsSizes) {
  // Ten bytes: the size's first byte is a line's end.
  const std::vector<std::string> lines{"__CURSOR=s=1",
                                       "SYSLOG_IDENTIFIER=x",
                                       "MESSAGE",
                                       "",
                                       std::string(7, '\0') + "0123",
                                       "56789",
                                       ""};
  EXPECT_THAT(heard_of(lines), ElementsAre(Heard{"", "x", "0123"}, Heard{"", "x", "56789"}));
}

TEST(LogReader, ColoursAreGoneHoweverTheyAreSpelt) {
  EXPECT_EQ(only("\x1b[1;31merror\x1b[0m: \x1b]0;title\ax").text, "error: x");
  EXPECT_EQ(only("Jun 28 00:12:02 box a[1]: #033[31merror: x#033[0m").text, "error: x");
  EXPECT_EQ(only("broken \x1b[").text, "broken ");
}

TEST(LogReader, WhatACollectorLeftOutIsCounted) {
  uint64_t left_out = 0;
  (void)heard_of({R"({"MESSAGE":null,"_PID":"1"})", "Jun 28 00:12:02 box a[1]: [62B blob data]",
                  "    MESSAGE=[10B blob data]", "Sun 2026-06-28 00:12:02.1 UTC [s=1;i=1]",
                  "    MESSAGE=[10B blob data]"},
                 &left_out);
  EXPECT_EQ(left_out, 3U);
}

TEST(LogReader, HostileTextIsALineOrNone) {
  for (const char* text :
       {"{", "}", "__CURSOR=", "MESSAGE", "\x1b", "#033[", "<999999999999>1 ", "<1>1 a b c",
        "[pod/", "x |", "[0] a: [[", "[0] a: [1, {\"log\"=>\"", "[ .", "[ 1.2 ", "{\"log\":[",
        "{\"fields\":{\"message\":{}}}", "<30>1 a b c d e [x=\"\\", "\x1e{\"log\":1}"}) {
    (void)heard_of({text, text, "", "x"});
  }
}

}  // namespace log_reader_test
}  // namespace recrank
