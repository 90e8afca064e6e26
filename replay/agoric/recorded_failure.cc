// The sentences are the kernel's: @agoric/swingset-vat manager-subprocess-xsnap.js (meters) and
// @agoric/xsnap src/xsnap.js, api.js (ends of the worker), the same since 2021.
#include "replay/agoric/recorded_failure.h"

#include <array>
#include <csignal>

#include "base/text.h"
#include "replay/crash/signal_words.h"

namespace recrank::agoric {
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

}  // namespace recrank::agoric
