// A small kernel for steps that no recording holds in this order: it answers an engine's calls
// where the answer is known to be right, and ends the step where it is not.
//
//   vatstore*                       the vat's store, vatstore_model.h
//   callNow                         what the recording says to the same text, if it always says
//   that send subscribe resolve exit     ["ok",null], which is all that a kernel ever answers to
//   them dropImports retireImports retireExports abandonExports anything else                   no
//   answer
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "replay/agoric/known_answers.h"
#include "replay/engine.h"
#include "snapshot/made_step.h"

namespace recrank::agoric {

// Calls that a kernel answers with null, whatever they say.
[[nodiscard]] bool kernel_answers_null(std::string_view verb);

// One vat, from its checkpoint on, delivery after delivery. Refers to `known`. One thread.
class KernelModel final : public AnswerModel {
 public:
  explicit KernelModel(const VatAnswers& known) : known_(known), store_(known.store) {}

  // Before each delivery. Calls and answers are added to `calls` unless it is null.
  void begin(std::vector<MadeCall>* calls) override;
  [[nodiscard]] std::optional<std::string_view> on_call(std::string_view call) override;
  // Behind it: a delivery that failed leaves nothing in the store.
  void end(bool stays) override { stays ? store_.commit() : store_.roll_back(); }

  // Why the step was ended, as one of a few reasons that can be counted; empty: it was not.
  [[nodiscard]] const std::string& unanswerable() const override { return unanswerable_; }

 private:
  [[nodiscard]] std::optional<std::string> answer(std::string_view call);
  std::optional<std::string> recorded_answer(std::string_view call, const std::string& what);
  std::optional<std::string> no_answer(std::string reason);

  const VatAnswers& known_;
  VatstoreModel store_;
  std::vector<MadeCall>* calls_ = nullptr;
  std::string answer_;
  std::string unanswerable_;
};

}  // namespace recrank::agoric
