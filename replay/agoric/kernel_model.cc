#include "replay/agoric/kernel_model.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "snapshot/agoric/dialect_names.h"

namespace recrank {
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

bool has_kernel(std::string_view era) { return era == kXsnap2021 || era == kXsnap2024; }

std::optional<std::string> KernelModel::answer(std::string_view call) {
  if (!known_.kernel) return recorded_answer(call, "a call");
  if (const auto store_call = parse_vatstore_call(call)) {
    auto answered = store_.apply(*store_call);
    return answered ? answered : no_answer(store_reason(store_call->verb));
  }
  const std::string verb = verb_of_syscall(call);
  if (verb == "callNow") return recorded_answer(call, verb);
  const auto end = kAnsweredWithNull.end();
  if (std::find(kAnsweredWithNull.begin(), end, verb) != end) return R"(["ok",null])";
  return no_answer("a call that has no model: " +
                   (verb.empty() ? "not a system call" : printable(verb, 40)));
}

std::optional<std::string> KernelModel::recorded_answer(std::string_view call,
                                                        const std::string& what) {
  const auto found = known_.devices.find(call);
  if (found == known_.devices.end()) return no_answer(what + " that the recording does not hold");
  if (!found->second) return no_answer(what + " that the recording answers in several ways");
  return found->second;
}

std::optional<std::string> KernelModel::no_answer(std::string reason) {
  unanswerable_ = std::move(reason);
  return std::nullopt;
}

}  // namespace recrank
