#include "replay/verdict_words.h"

#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "replay/crash/signal_words.h"

namespace recrank {
namespace {

constexpr size_t kFirstCallBytes = 200;

std::string end_text(const ProcessEnd& end) {
  if (end.signal != 0) return end.meaning;
  return "exit status " + std::to_string(end.exit_status) +
         (end.meaning.empty() ? "" : " (" + end.meaning + ")");
}

std::string limit_text(const StepLimit& limit) {
  // Of a hang it is no amount but what it was at: a line of its own.
  const bool amount = !limit.used.empty() && limit.end.pace == HangPace::kUnknown;
  return std::string(to_string(limit.kind)) + ", " + limit.value +
         (amount ? ", " + limit.used + " used" : "");
}

std::string describe_end(const ProcessEnd& end) {
  const std::string how = end.signal != 0 ? "was killed by " + signal_name(end.signal)
                                          : "exited with status " + std::to_string(end.exit_status);
  const bool tells_more = !end.meaning.empty() && end.meaning != signal_name(end.signal);
  return "the engine " + how + (tells_more ? " (" + end.meaning + ")" : "");
}

}  // namespace

std::string divergence_line(const Divergence& divergence) {
  std::string line =
      "step " + std::to_string(divergence.step) + ", " + std::string(field_name(divergence));
  if (divergence.index) line += ", call " + std::to_string(*divergence.index);
  return line;
}

std::string lived_on_line(const LivedOn& lived_on) {
  const std::string step = "step " + std::to_string(lived_on.step);
  if (lived_on.calls == 0) {
    return "the record may end inside " + step + ", which the engine answered: it lives";
  }
  return std::string(kLivedOnWords) + ": in " + step + " it made " +
         counted(lived_on.calls, "more call") + ", the first " +
         printable(lived_on.first_call, kFirstCallBytes);
}

std::string headline(const Verdict& verdict) {
  const std::string at = verdict.step ? " at step " + std::to_string(*verdict.step) : "";
  const std::string again = verdict.as_recorded ? ", as the recording says" : "";
  switch (verdict.kind) {
    case VerdictKind::kClean: return "clean";
    case VerdictKind::kDiverged:
      return verdict.divergences.empty()
                 ? "diverged" + at
                 : "diverged at " + divergence_line(verdict.divergences.front());
    case VerdictKind::kCrashed: return "crashed" + at + ": " + end_text(verdict.end) + again;
    case VerdictKind::kLimit:
      return "limit" + at + ": " + (verdict.limit ? limit_text(*verdict.limit) : "") + again;
    case VerdictKind::kUnjudged: return "unjudged" + at + ": " + printable(verdict.reason);
    case VerdictKind::kInterrupted: return "interrupted" + at;
  }
  return "";
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
