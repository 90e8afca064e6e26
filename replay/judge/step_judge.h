// Answers the calls of one step from the recording and names every call that is not the recorded
// one. Rules: docs/judging.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/dialect.h"
#include "replay/engine.h"
#include "replay/judge/divergence_list.h"
#include "snapshot/step.h"

namespace recrank {

enum class JudgeMode {
  kStop,        // the first call that differs is named, then the step is ended
  kContinue,    // all are named; the step goes on as long as the recording has answers
  kAnswerOnly,  // as kContinue, but nothing is named: calls are left out of the comparison
};

// What was called behind the recorded calls of a step inside which the recording ends.
struct CallsBeyond {
  uint64_t calls = 0;
  std::string first;     // cut to kDivergenceValueBytesMax
  bool stopped = false;  // the judge ended the step: the last of them has no answer
};

// How the calls of a step came to their end.
enum class CallsEnd {
  kComplete,  // no more were to come: recorded calls that are left are missing
  kCutShort,  // the engine died, or the judge ended the step
};

// Used for one step after the other: begin(), calls, end(). While calls are equal it compares bytes
// and allocates nothing. Belongs to one thread; refers to the step and the list, owns neither.
class StepJudge final : public CallHandler {
 public:
  StepJudge(JudgeMode mode, const Dialect& dialect, DivergenceList& divergences)
      : mode_(mode), dialect_(dialect), divergences_(divergences) {
    divergences_.read_strings_by(inner_json_of(dialect));
  }

  void begin(const Step& step);
  [[nodiscard]] std::optional<std::string_view> on_call(std::string_view call) override;
  void end(CallsEnd end);

  // After end(). Every recorded call was made, in order, and no other.
  [[nodiscard]] bool calls_equal() const { return calls_equal_; }
  // This call has no recorded answer, so that the step says nothing from there on; empty: none.
  [[nodiscard]] const std::string& unanswerable_call() const { return unanswerable_call_; }
  [[nodiscard]] const CallsBeyond& beyond() const { return beyond_; }
  // The first call of an unclaimed step that is not the one that stands there; empty: none.
  [[nodiscard]] const std::string& left_at() const { return left_at_; }
  // Calls held against the recording in this step.
  [[nodiscard]] uint64_t compared() const { return compared_; }

 private:
  std::optional<std::string_view> on_other_call(std::string_view call);
  std::optional<std::string_view> answer_other(std::string_view call);
  std::optional<std::string_view> answer_beyond(std::string_view call);
  std::optional<std::string_view> answer_unknown(std::string_view call);
  std::optional<size_t> find_recorded(std::string_view call) const;
  void follow(std::optional<size_t> recorded);
  void settle(CallsEnd end);
  void note_beyond(std::string_view call);
  void note(Field field, size_t recorded, size_t made);

  JudgeMode mode_;
  const Dialect& dialect_;
  DivergenceList& divergences_;
  const Step* step_ = nullptr;
  size_t next_ = 0;  // recorded calls before this one are accounted for
  // The calls from the first one that differs on; empty while all are equal.
  std::vector<std::string> made_;
  size_t made_bytes_ = 0;
  size_t cursor_ = 0;   // with made_: the recorded call whose turn it may be
  size_t in_step_ = 0;  // so many of made_, the last ones, are recorded one behind the other
  std::optional<size_t> guessed_;  // of made_: the first that was answered by a guess
  bool open_ = false;              // the recording ends inside the step
  CallsBeyond beyond_;
  uint64_t compared_ = 0;
  bool calls_equal_ = true;
  std::string unanswerable_call_;
  std::string left_at_;
};

}  // namespace recrank
