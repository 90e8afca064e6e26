// The sentences are the kernel's: @agoric/swingset-vat manager-subprocess-xsnap.js (meters) and
// @agoric/xsnap src/xsnap.js, api.js (ends of the worker), the same since 2021.
#include "replay/agoric/recorded_failure.h"

#include <array>
#include <csignal>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"

namespace recrank {
namespace {

struct MeterSentence {
  std::string_view text;
  LimitKind limit;
};
constexpr std::array<MeterSentence, 3> kMeterSentences{{
    {"Compute meter exceeded", LimitKind::kComputrons},
    {"Stack meter exceeded", LimitKind::kStack},
    {"Allocate meter exceeded", LimitKind::kMemory},
}};

struct ExitSentence {
  std::string_view text;
  int status;
  std::optional<LimitKind> limit;
};
const std::array<ExitSentence, 8> kExitSentences{{
    {"bad argument usage", 1, {}},
    {"I/O error", 2, {}},
    {"not enough memory", 11, LimitKind::kMemory},
    {"stack overflow", 12, LimitKind::kStack},
    {"unhandled exception", 15, {}},
    {"property (key) name space exhausted", 16, LimitKind::kKeys},
    {"too much computation", 17, LimitKind::kComputrons},
    {"unknown error", -1, {}},
}};

int signal_number(std::string_view name) {
  for (int number = 1; number < NSIG; ++number) {
    if (signal_name(number) == name) return number;
  }
  return 0;
}

// The worker is called "v1:alice". Anything else at the front is a vat that talks of an exit.
bool begins_with_worker_name(std::string_view text) {
  const size_t colon = text.find(':');
  return text.starts_with("v") && colon != std::string_view::npos &&
         parse_uint(text.substr(1, colon - 1)).has_value();
}

std::optional<RecordedFailure> parse_worker_end(std::string_view text) {
  constexpr std::string_view kBySignal = " exited due to signal ";
  constexpr std::string_view kExited = " exited";
  RecordedFailure failure;
  failure.text = text;
  if (const size_t at = text.rfind(kBySignal); at != std::string_view::npos) {
    failure.kind = RecordedFailureKind::kSignal;
    failure.signal = signal_number(text.substr(at + kBySignal.size()));
    return failure;
  }
  failure.kind = RecordedFailureKind::kExit;
  if (text.ends_with(kExited)) {
    failure.exit_status = 0;
    return failure;
  }
  for (const ExitSentence& sentence : kExitSentences) {
    if (!text.ends_with(" exited: " + std::string(sentence.text))) continue;
    if (sentence.limit) {
      failure.kind = RecordedFailureKind::kLimit;
      failure.limit = *sentence.limit;
    } else if (sentence.status > 0) {
      failure.exit_status = sentence.status;
    }
    return failure;
  }
  return std::nullopt;
}

std::string describe_end(const ProcessEnd& end) {
  const std::string how = end.signal != 0 ? "was killed by " + signal_name(end.signal)
                                          : "exited with status " + std::to_string(end.exit_status);
  const bool tells_more = !end.meaning.empty() && end.meaning != signal_name(end.signal);
  return "the engine " + how + (tells_more ? " (" + end.meaning + ")" : "");
}

}  // namespace

RecordedFailure parse_recorded_failure(std::string_view text) {
  RecordedFailure failure;
  failure.text = text;
  for (const MeterSentence& sentence : kMeterSentences) {
    if (text != sentence.text) continue;
    failure.kind = RecordedFailureKind::kLimit;
    failure.limit = sentence.limit;
    return failure;
  }
  if (begins_with_worker_name(text)) return parse_worker_end(text).value_or(failure);
  return failure;
}

bool met_again(const RecordedFailure& recorded, const StepOutcome& outcome) {
  const auto* limit = std::get_if<StepLimit>(&outcome);
  const auto* crashed = std::get_if<StepCrashed>(&outcome);
  const auto* done = std::get_if<StepDone>(&outcome);
  switch (recorded.kind) {
    case RecordedFailureKind::kLimit: return limit != nullptr && limit->kind == recorded.limit;
    case RecordedFailureKind::kSignal:
      return crashed != nullptr && crashed->end.signal != 0 &&
             crashed->end.signal == recorded.signal;
    case RecordedFailureKind::kExit:
      return crashed != nullptr && crashed->end.signal == 0 &&
             recorded.exit_status.value_or(crashed->end.exit_status) == crashed->end.exit_status;
    case RecordedFailureKind::kVatError:
      return done != nullptr && !done->ok && answered_error(done->result) == recorded.text;
  }
  return false;
}

bool is_outside_signal(int signal) {
  return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP;
}

std::string signal_name(int signal) {
  const char* name = sigabbrev_np(signal);
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

std::string answered_error(std::string_view result) {
  try {
    JsonCursor cursor(result);
    std::vector<std::string> words;
    cursor.enter_array();
    while (cursor.next_element() && words.size() < 3) {
      words.push_back(cursor.peek_kind() == '"' ? cursor.string_value()
                                                : std::string(cursor.raw_value()));
    }
    if (words.size() >= 2 && words[0] == "error") return words[1];
    if (words.size() >= 3 && words[0] == "err") return words[1] + ": " + words[2];
  } catch (const Error&) {
    // Not JSON: the engine may answer anything, and its words are what is reported.
  }
  return std::string(result);
}

std::string describe_outcome(const StepOutcome& outcome) {
  if (const auto* done = std::get_if<StepDone>(&outcome)) {
    if (done->ok) return "it answered ok";
    return "it answered with an error: " + answered_error(done->result);
  }
  if (const auto* crashed = std::get_if<StepCrashed>(&outcome)) return describe_end(crashed->end);
  if (const auto* limit = std::get_if<StepLimit>(&outcome)) {
    return "it met the limit " + std::string(to_string(limit->kind)) +
           (limit->value.empty() ? "" : " (" + limit->value + ")");
  }
  if (const auto* garbled = std::get_if<StepGarbled>(&outcome)) {
    return "the engine broke the protocol: " + garbled->what;
  }
  if (std::holds_alternative<StepInterrupted>(outcome)) return "it was interrupted";
  return "it was stopped";
}

}  // namespace recrank
