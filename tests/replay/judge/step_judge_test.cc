#include "replay/judge/step_judge.h"
#include "replay/dialect.h"
#include "snapshot/agoric/dialect_names.h"

#include <gtest/gtest.h>

namespace recrank {
namespace step_judge_test {

using namespace agoric;

// One step with the calls of `recorded`, one letter each; capitals are vatstoreGet, whose answer
// carries data, small letters are send. An engine makes the calls of `made`.
class Judged {
 public:
  Judged(JudgeMode mode, const std::string& recorded, const std::string& made,
         CallsEnd end = CallsEnd::kComplete)
      : judge_(mode, dialect_named(kXsnap2024), divergences_) {
    for (const char letter : recorded) texts_.push_back({call(letter), answer(letter)});
    for (const auto& [call, answer] : texts_) step_.calls.push_back({call, answer});
    step_.number = 7;
    judge_.begin(step_);
    for (const char letter : made) {
      const auto given = judge_.on_call(call(letter));
      answers_ += given ? letter_of(*given) : '!';
      if (!given) end = CallsEnd::kCutShort;
      if (!given) break;
    }
    judge_.end(end);
  }

  // "wrong 1 b>x" for each divergence: field, index, expected, got; '-' is no call.
  [[nodiscard]] std::string found() const {
    std::string text;
    for (const Divergence& d : divergences_.listed()) {
      text += text.empty() ? "" : ", ";
      text += std::string(to_string(d.field)).substr(8) + " " + std::to_string(d.index.value());
      text += std::string(" ") + letter_of(d.expected) + ">" + letter_of(d.got);
      EXPECT_EQ(d.step, 7U);
    }
    return text;
  }
  // What the calls were answered with: the letter of a get, '.' for null, '!' for none.
  [[nodiscard]] const std::string& answers() const { return answers_; }
  [[nodiscard]] const StepJudge& judge() const { return judge_; }

 private:
  static std::string call(char letter) {
    const bool get = letter >= 'A' && letter <= 'Z';
    return std::string(get ? R"(["vatstoreGet",")" : R"(["send",")") + letter + "\"]";
  }
  static std::string answer(char letter) {
    const bool get = letter >= 'A' && letter <= 'Z';
    return get ? std::string(R"(["ok",")") + letter + "\"]" : R"(["ok",null])";
  }
  // The letter within quotes at the end of a call or an answer.
  static char letter_of(std::string_view text) {
    if (text == "no further call") return '-';
    return text.ends_with("null]") ? '.' : text[text.size() - 3];
  }

  std::vector<std::pair<std::string, std::string>> texts_;
  Step step_;
  DivergenceList divergences_;
  StepJudge judge_;
  std::string answers_;
};

std::string stop(const std::string& recorded, const std::string& made) {
  return Judged(JudgeMode::kStop, recorded, made).found();
}

std::string go_on(const std::string& recorded, const std::string& made) {
  return Judged(JudgeMode::kContinue, recorded, made).found();
}

TEST(StepJudge, FindsNothingInEqualCalls) {
  const Judged judged(JudgeMode::kStop, "aBcDe", "aBcDe");
  EXPECT_EQ(judged.found(), "");
  EXPECT_EQ(judged.answers(), ".B.D.");
  EXPECT_TRUE(judged.judge().calls_equal());
  EXPECT_EQ(judged.judge().compared(), 5U);
  EXPECT_EQ(stop("", ""), "");
}

TEST(StepJudge, NamesAWrongCall) {
  EXPECT_EQ(stop("abcd", "axcd"), "wrong 1 b>x");
  EXPECT_EQ(stop("abcd", "xbcd"), "wrong 0 a>x");
  EXPECT_EQ(stop("abcd", "abcx"), "wrong 3 d>x");
  EXPECT_EQ(stop("aBcd", "aXcd"), "wrong 1 B>X");
  EXPECT_EQ(stop("aBcd", "axcd"), "wrong 1 B>x");
  EXPECT_EQ(stop("abcd", "aXcd"), "wrong 1 b>X");
}

TEST(StepJudge, NamesAnExtraCall) {
  EXPECT_EQ(stop("abcd", "axbcd"), "extra 1 b>x");
  EXPECT_EQ(stop("abcd", "xabcd"), "extra 0 a>x");
  EXPECT_EQ(stop("abcd", "aXYbcd"), "extra 1 b>X");
  EXPECT_EQ(stop("", "x"), "extra 0 ->x");
}

TEST(StepJudge, ACallBehindTheLastRecordedOneIsExtraAtOnce) {
  const Judged judged(JudgeMode::kStop, "ab", "abxyz");
  EXPECT_EQ(judged.found(), "extra 2 ->x");
  EXPECT_EQ(judged.answers(), "..!");
}

TEST(StepJudge, NamesAMissingCall) {
  EXPECT_EQ(stop("abcd", "acd"), "missing 1 b>c");
  EXPECT_EQ(stop("abcd", "bcd"), "missing 0 a>b");
  EXPECT_EQ(stop("abcdef", "adef"), "missing 1 b>d");
  EXPECT_EQ(stop("abcd", "abc"), "missing 3 d>-");
  EXPECT_EQ(stop("abcd", "ab"), "missing 2 c>-");
  EXPECT_EQ(stop("a", ""), "missing 0 a>-");
}

TEST(StepJudge, TellsAChangedCallFromMissingOnesWhenItsTextIsRecordedLaterAgain) {
  EXPECT_EQ(stop("abcdX", "aXcdX"), "wrong 1 b>X");
  EXPECT_EQ(stop("abcdX", "aXbcdX"), "extra 1 b>X");
  EXPECT_EQ(stop("abXdef", "aXdef"), "missing 1 b>X");
}

TEST(StepJudge, StopsWhenTheCallsAreTheRecordedOnesAgain) {
  const Judged judged(JudgeMode::kStop, "abcdefghij", "axcdefghij");
  EXPECT_EQ(judged.found(), "wrong 1 b>x");
  EXPECT_EQ(judged.answers(), ".....!");
}

TEST(StepJudge, StopsAfterManyCallsThatAreNotTheRecordedOnes) {
  const Judged judged(JudgeMode::kStop, "abcdefghij", "a" + std::string(500, 'x'));
  EXPECT_EQ(judged.found(), "wrong 1 b>x");
  EXPECT_EQ(judged.answers().size(), 65U);
  EXPECT_EQ(judged.answers().back(), '!');
}

TEST(StepJudge, NamesManyExtraCallsAsWhatTheyAre) {
  EXPECT_EQ(stop("abcdefgh", "axyzuvwbcdefgh"), "extra 1 b>x");
}

TEST(StepJudge, NamesWhatItSawWhenTheEngineDiesWhileItLooksFurther) {
  EXPECT_EQ(Judged(JudgeMode::kStop, "abcd", "ax", CallsEnd::kCutShort).found(), "wrong 1 b>x");
  EXPECT_EQ(Judged(JudgeMode::kStop, "abcd", "ac", CallsEnd::kCutShort).found(), "missing 1 b>c");
}

TEST(StepJudge, CallsThatADeadEngineDidNotComeToAreNotMissing) {
  const Judged judged(JudgeMode::kStop, "abcd", "ab", CallsEnd::kCutShort);
  EXPECT_EQ(judged.found(), "");
  EXPECT_EQ(judged.judge().compared(), 2U);
}

TEST(StepJudge, TakesJsonThatIsSpeltOtherwiseForEqual) {
  DivergenceList divergences;
  StepJudge judge(JudgeMode::kStop, dialect_named(kXsnap2024), divergences);
  Step step;
  step.calls.push_back({R"(["send","o-1",{"a":1,"b":"é"}])", R"(["ok",null])"});
  judge.begin(step);
  EXPECT_EQ(judge.on_call(R"(["send", "o-1", {"b":"\u00e9","a":1}])"), R"(["ok",null])");
  judge.end(CallsEnd::kComplete);
  EXPECT_TRUE(judge.calls_equal());
  EXPECT_TRUE(divergences.empty());
}

TEST(StepJudge, SurvivesCallsThatAreNoJson) {
  DivergenceList divergences;
  StepJudge judge(JudgeMode::kContinue, dialect_named(kXsnap2024), divergences);
  Step step;
  step.calls.push_back({R"(["send","o-1"])", R"(["ok",null])"});
  for (const std::string_view call : {"", "[\"", "[[[[", "\xff\xfe", "[\"send\""}) {
    judge.begin(step);
    static_cast<void>(judge.on_call(call));
    judge.end(CallsEnd::kCutShort);
    EXPECT_FALSE(judge.calls_equal()) << call;
  }
  EXPECT_EQ(divergences.count(), 5U);
}

TEST(StepJudgeThatContinues, NamesAllDifferencesOfAStep) {
  EXPECT_EQ(go_on("abcdefgh", "axcdeghy"), "wrong 1 b>x, missing 5 f>g, extra 8 ->y");
  EXPECT_EQ(go_on("abcd", "xyzabcd"), "extra 0 a>x, extra 0 a>y, extra 0 a>z");
  EXPECT_EQ(go_on("abcdef", "af"), "missing 1 b>f, missing 2 c>f, missing 3 d>f, missing 4 e>f");
  EXPECT_EQ(go_on("ab", "ba"), "missing 0 a>b, extra 2 ->a");
  EXPECT_EQ(stop("abcd", "bacd"), "missing 0 a>b");
}

TEST(StepJudgeThatContinues, AnswersAnEqualCallWithItsOwnAnswerWhereverItStands) {
  EXPECT_EQ(Judged(JudgeMode::kContinue, "ABCD", "ACBD").answers(), "ACBD");
  EXPECT_EQ(Judged(JudgeMode::kContinue, "aBCD", "axBCD").answers(), "..BCD");
}

TEST(StepJudgeThatContinues, AnswersAWrongCallOfTheSameKindWithTheRecordedAnswer) {
  EXPECT_EQ(Judged(JudgeMode::kContinue, "aBc", "aXc").answers(), ".B.");
}

TEST(StepJudgeThatContinues, CannotAnswerAnotherKindOfCallThatWantsData) {
  const Judged judged(JudgeMode::kContinue, "abcd", "aXcd");
  EXPECT_EQ(judged.answers(), "....");  // the next calls tell what it was, the rest says nothing
  EXPECT_EQ(judged.found(), "wrong 1 b>X");
  EXPECT_EQ(judged.judge().unanswerable_call(), R"(["vatstoreGet","X"])");
  EXPECT_EQ(Judged(JudgeMode::kContinue, "a", "aX").found(), "extra 1 ->X");
}

// A call without a recorded answer ends the step; it is named as it is when the replay stops there.
TEST(StepJudgeThatContinues, NamesTheCallThatEndsTheStepAsOneThatStopsDoes) {
  for (const auto& [recorded, made] :
       {std::pair("abcdef", "abXcdef"), std::pair("abcdef", "abXdef"),
        std::pair("abcdef", "abXYcdef"), std::pair("abcdef", "abX"), std::pair("abcdef", "abXgh"),
        std::pair("ab", "abX"), std::pair("abcdefgh", "abXefgh"), std::pair("aBc", "XaBc")}) {
    EXPECT_EQ(go_on(recorded, made), stop(recorded, made)) << recorded << " " << made;
  }
  EXPECT_EQ(go_on("abcdef", "abXcdef"), "extra 2 c>X");
  EXPECT_EQ(go_on("abcdef", "abXdef"), "wrong 2 c>X");
  // What was made on guessed answers is not named.
  EXPECT_EQ(go_on("abcdefghijkl", "abXcdeyfghijkl"), "extra 2 c>X");
}

TEST(StepJudgeThatContinues, LinesUpLongStepsPieceByPiece) {
  std::string recorded;
  for (size_t i = 0; i < 3000; ++i) recorded += static_cast<char>('a' + i % 23);
  EXPECT_EQ(go_on(recorded, "x" + recorded), "extra 0 a>x");
  EXPECT_EQ(go_on(recorded, recorded.substr(0, 500) + recorded.substr(501)), "missing 500 r>s");
  const std::string others(700, 'x');
  const Judged judged(JudgeMode::kContinue, recorded, recorded.substr(0, 100) + others);
  EXPECT_EQ(judged.judge().compared(), 3000U);
  EXPECT_EQ(judged.found().substr(0, 15), "wrong 100 i>x, ");
}

// A step that the recording may end inside of.
class OpenStep {
 public:
  OpenStep(JudgeMode mode, std::initializer_list<const char*> made)
      : judge_(mode, dialect_named(kXsnap2021), divergences_) {
    step_.calls.push_back({R"(["send","a"])", R"(["ok",null])"});
    step_.open_end = true;
    judge_.begin(step_);
    CallsEnd end = CallsEnd::kComplete;
    for (const char* call : made) {
      if (judge_.on_call(call)) continue;
      end = CallsEnd::kCutShort;
      break;
    }
    judge_.end(end);
  }
  [[nodiscard]] const CallsBeyond& beyond() const { return judge_.beyond(); }
  [[nodiscard]] const DivergenceList& divergences() const { return divergences_; }
  [[nodiscard]] const StepJudge& judge() const { return judge_; }

 private:
  Step step_;
  DivergenceList divergences_;
  StepJudge judge_;
};

TEST(StepJudgeOfAnOpenStep, TakesCallsBehindTheRecordedOnesForNotRecorded) {
  for (const JudgeMode mode : {JudgeMode::kStop, JudgeMode::kContinue, JudgeMode::kAnswerOnly}) {
    const OpenStep step(mode, {R"(["send","a"])", R"(["send","b"])", R"(["subscribe","p"])"});
    EXPECT_TRUE(step.divergences().empty());
    EXPECT_TRUE(step.judge().calls_equal());
    EXPECT_EQ(step.beyond().calls, 2U);
    EXPECT_EQ(step.beyond().first, R"(["send","b"])");
    EXPECT_FALSE(step.beyond().stopped);
    EXPECT_EQ(step.judge().compared(), mode == JudgeMode::kAnswerOnly ? 0U : 1U);
  }
}

TEST(StepJudgeOfAnOpenStep, EndsWhereAnAnswerCannotBeKnown) {
  const OpenStep step(JudgeMode::kStop, {R"(["send","a"])", R"(["vatstoreGet","k"])"});
  EXPECT_TRUE(step.divergences().empty());
  EXPECT_EQ(step.beyond().calls, 1U);
  EXPECT_TRUE(step.beyond().stopped);
}

TEST(StepJudgeOfAnOpenStep, NamesWhatDiffersBeforeTheEndOfTheRecord) {
  const OpenStep other(JudgeMode::kContinue, {R"(["send","x"])", R"(["send","b"])"});
  ASSERT_EQ(other.divergences().count(), 1U);
  EXPECT_EQ(other.divergences().listed()[0].field, Field::kSyscallWrong);
  EXPECT_EQ(other.beyond().calls, 1U);
  const OpenStep none(JudgeMode::kStop, {});
  ASSERT_EQ(none.divergences().count(), 1U);
  EXPECT_EQ(none.divergences().listed()[0].field, Field::kSyscallMissing);
}

TEST(StepJudgeThatAnswersOnly, NamesNothingAndCountsNothing) {
  const Judged judged(JudgeMode::kAnswerOnly, "aBcD", "aDxyB");
  EXPECT_EQ(judged.found(), "");
  EXPECT_EQ(judged.answers(), ".D..B");
  EXPECT_FALSE(judged.judge().calls_equal());
  EXPECT_EQ(judged.judge().compared(), 0U);
}

}  // namespace step_judge_test
}  // namespace recrank
