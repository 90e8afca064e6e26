#include "replay/agoric/kernel_model.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "snapshot/agoric/dialect_names.h"

namespace recrank::agoric {
namespace {

constexpr std::array<std::string_view, 8> kAnsweredWithNull{
    "send",        "subscribe",     "resolve",       "exit",
    "dropImports", "retireImports", "retireExports", "abandonExports"};

std::string store_reason(VatstoreCall::Verb verb) {
  return verb == VatstoreCall::Verb::kGet
             ? "vatstoreGet of a key whose value the recording does not prove"
             : "vatstoreGetNextKey where the recording does not prove what follows";
}

}  // namespace

bool kernel_answers_null(std::string_view verb) {
  const auto end = kAnsweredWithNull.end();
  return std::find(kAnsweredWithNull.begin(), end, verb) != end;
}

void KernelModel::begin(std::vector<MadeCall>* calls) {
  calls_ = calls;
  unanswerable_.clear();
}

std::optional<std::string_view> KernelModel::on_call(std::string_view call) {
  std::optional<std::string> answered = answer(call);
  if (!answered) return std::nullopt;
  answer_ = std::move(*answered);
  if (calls_ != nullptr) calls_->push_back({std::string(call), answer_});
  return answer_;
}

std::optional<std::string> KernelModel::answer(std::string_view call) {
  if (const auto store_call = parse_vatstore_call(call)) {
    auto answered = store_.apply(*store_call);
    return answered ? answered : no_answer(store_reason(store_call->verb));
  }
  const std::string verb = verb_of_syscall(call);
  if (verb == "callNow") return recorded_answer(call, verb);
  if (kernel_answers_null(verb)) return R"(["ok",null])";
  return no_answer("a call that has no model: " +
                   (verb.empty() ? "not a system call" : printable(verb, 40)));
}

std::optional<std::string> KernelModel::recorded_answer(std::string_view call,
                                                        const std::string& what) {
  return known_.devices.find(call, what, unanswerable_);
}

std::optional<std::string> KernelModel::no_answer(std::string reason) {
  unanswerable_ = std::move(reason);
  return std::nullopt;
}

}  // namespace recrank::agoric
