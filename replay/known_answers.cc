#include "replay/known_answers.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

class ByText final : public KnownAnswers {
 public:
  RecordedAnswers answers;
  [[nodiscard]] std::unique_ptr<AnswerModel> model() const override;
};

class ByTextModel final : public AnswerModel {
 public:
  explicit ByTextModel(const RecordedAnswers& answers) : answers_(answers) {}

  void begin(std::vector<MadeCall>* calls) override {
    calls_ = calls;
    unanswerable_.clear();
  }
  std::optional<std::string_view> on_call(std::string_view call) override {
    std::optional<std::string> answered = answers_.find(call, "a call", unanswerable_);
    if (!answered) return std::nullopt;
    answer_ = std::move(*answered);
    if (calls_ != nullptr) calls_->push_back({std::string(call), answer_});
    return answer_;
  }
  void end(bool /*stays*/) override {}
  [[nodiscard]] const std::string& unanswerable() const override { return unanswerable_; }

 private:
  const RecordedAnswers& answers_;
  std::vector<MadeCall>* calls_ = nullptr;
  std::string answer_;
  std::string unanswerable_;
};

std::unique_ptr<AnswerModel> ByText::model() const {
  return std::make_unique<ByTextModel>(answers);
}

}  // namespace

void RecordedAnswers::note(const ExpectedCall& each, const std::string& place) {
  const auto [known, is_new] = answers_.try_emplace(std::string(each.call), each.answer);
  if (!is_new) {
    if (known->second && *known->second != each.answer) known->second.reset();
    return;
  }
  bytes_ += each.call.size() + each.answer.size();
  if (bytes_ <= kBytesMax) return;
  throw Error(ErrorCode::kUnsupported,
              place + ": more than " + format_bytes(kBytesMax) + " of device calls are not kept");
}

std::optional<std::string> RecordedAnswers::find(std::string_view call, std::string_view what,
                                                 std::string& why) const {
  const auto found = answers_.find(call);
  if (found == answers_.end()) {
    why = std::string(what) + " that the recording does not hold";
    return std::nullopt;
  }
  if (!found->second) why = std::string(what) + " that the recording answers in several ways";
  return found->second;
}

uint64_t first_held(const Subject& subject, const Checkpoint& checkpoint) {
  for (const StepRange& held : subject.held) {
    if (held.contains(checkpoint.next_step)) return held.begin;
  }
  return checkpoint.next_step;
}

std::unique_ptr<KnownAnswers> gather_recorded_answers(const Recording& recording,
                                                      const std::string& subject_id,
                                                      const Checkpoint& checkpoint, uint64_t last,
                                                      const Interrupt& interrupt) {
  auto known = std::make_unique<ByText>();
  const Subject& subject = find_subject(recording, subject_id);
  const StepRange range{first_held(subject, checkpoint), last + 1};
  if (range.empty()) return known;
  const std::string place = recording.info().path + ": " + subject.id;
  const auto stream = recording.steps(subject.id, range);
  Step step;
  while (!interrupt.requested() && stream->next(step)) {
    for (const ExpectedCall& each : step.calls) known->answers.note(each, place);
  }
  return known;
}

}  // namespace recrank
