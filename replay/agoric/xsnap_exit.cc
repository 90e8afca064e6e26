#include "replay/agoric/xsnap_exit.h"

#include "base/text.h"

namespace recrank::agoric {
namespace {

// The worker's exit statuses. Source: xsnap-worker.c, enum ExitCode.
enum ExitStatus : int {
  kSuccess = 0,
  kBadUsage = 1,
  kIoError = 2,
  kNotEnoughMemory = 11,
  kStackOverflow = 12,
  kUnhandledException = 15,
  kNoMoreKeys = 16,
  kTooMuchComputation = 17,
  kUnknownError = 255,
};

}  // namespace

std::string XsnapExits::meaning(int status) const {
  switch (status) {
    case kSuccess: return "left without an answer";
    case kBadUsage: return "bad usage";
    case kIoError: return "I/O error";
    case kNotEnoughMemory: return "memory full";
    case kStackOverflow: return "stack overflow";
    case kUnhandledException: return "unhandled exception";
    case kNoMoreKeys: return "not enough keys";
    case kTooMuchComputation: return "too much computation";
    case kUnknownError: return "unknown error";
    default: return "exit status " + std::to_string(status);
  }
}

std::optional<StepLimit> XsnapExits::limit(int status) const {
  switch (status) {
    case kTooMuchComputation:
      if (!computrons_) return std::nullopt;
      return StepLimit{
          LimitKind::kComputrons, std::to_string(*computrons_) + " computrons", "", {}};
    case kNotEnoughMemory:
      return StepLimit{
          LimitKind::kMemory,
          "the engine's own 2 GiB of heap, or " + format_bytes(memory_bytes_) + " of address space",
          "",
          {}};
    case kStackOverflow: return StepLimit{LimitKind::kStack, "the engine's own stack", "", {}};
    case kNoMoreKeys: return StepLimit{LimitKind::kKeys, "the engine's own table of names", "", {}};
    default: return std::nullopt;
  }
}

ExitReader::Told XsnapExits::told(int /*status*/, std::string_view /*words*/) const { return {}; }

}  // namespace recrank::agoric
