// What answers an engine's calls where no recording holds the steps in this order.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/engine.h"
#include "snapshot/made_step.h"
#include "snapshot/step.h"

namespace recrank {

// Answers the calls of one subject, from its checkpoint on, step after step: where the answer is
// known to be right, and ends the step where it is not. One thread.
class AnswerModel : public CallHandler {
 public:
  // Before each step. Calls and answers are added to `calls` unless it is null.
  virtual void begin(std::vector<MadeCall>* calls) = 0;
  // Behind it; false: the step failed, and whoever answered has taken back what it did.
  virtual void end(bool stays) = 0;
  // Why the step was ended, as one of a few reasons that can be counted; empty: it was not.
  [[nodiscard]] virtual const std::string& unanswerable() const = 0;
};

// What a recording proves about answers, once it is gathered (Dialect::gather_answers). Several
// threads may read it; it outlives its models.
class KnownAnswers {
 public:
  virtual ~KnownAnswers() = default;
  [[nodiscard]] virtual std::unique_ptr<AnswerModel> model() const = 0;
};

// Answers by the text of the call. Who answers keeps a state of its own: where it once answered the
// same text otherwise, there is no answer.
class RecordedAnswers {
 public:
  static constexpr size_t kBytesMax = size_t{256} << 20;
  // kUnsupported "<place>: …" when more than kBytesMax are there.
  void note(const ExpectedCall& each, const std::string& place);
  // nullopt, with `why` as it counts: "callNow that the recording does not hold".
  [[nodiscard]] std::optional<std::string> find(std::string_view call, std::string_view what,
                                                std::string& why) const;

 private:
  std::map<std::string, std::optional<std::string>, std::less<>> answers_;
  size_t bytes_ = 0;
};

// Of all calls of the steps that are held without a gap from before `checkpoint` to `last`,
// inclusive: for what was run by nobody who keeps a state that is known.
[[nodiscard]] std::unique_ptr<KnownAnswers> gather_recorded_answers(const Recording& recording,
                                                                    const std::string& subject_id,
                                                                    const Checkpoint& checkpoint,
                                                                    uint64_t last,
                                                                    const Interrupt& interrupt);

// The first step of the held range that `checkpoint` lies in.
[[nodiscard]] uint64_t first_held(const Subject& subject, const Checkpoint& checkpoint);

}  // namespace recrank
