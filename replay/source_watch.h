// Where a subject's own source stood while one step ran.
//
// An engine that has a debugger inside, and is asked to (StartRequest::watch), stops at each call
// of one step, at each error that is thrown in it, and where it gives up, and tells the frames and
// their variables. Nothing that a step does is changed by it: calls, results and computrons are the
// same. What a heap that is written afterwards looks like is not: whoever watches leaves heaps out.
//
// All texts are the subject's own and untrusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

struct SourceVariable {
  std::string name;   // "amount", "this"
  std::string value;  // as the engine shows it: "12", "'text'", "0x10n", "{…}"
  friend bool operator==(const SourceVariable&, const SourceVariable&) = default;
};

struct SourceFrame {
  std::string function;  // "deposit"; empty: it has no name
  std::string path;      // of the source as the engine knows it; empty: the engine's own code
  uint64_t line = 0;     // from 1; 0 without a path
  // The subject's code, and not of the program around it that every subject has.
  bool of_subject = false;
  std::vector<SourceVariable> variables;  // of a few frames only
};

enum class LookKind {
  kCall,     // a call is about to be made
  kThrown,   // an error is thrown; it may be caught
  kStopped,  // the engine gives up, and ends
  kLine,     // the next line, where each is asked for
};
[[nodiscard]] std::string_view to_string(LookKind kind);  // "call", "thrown", "stopped", "line"

struct SourceLook {
  LookKind kind = LookKind::kCall;
  uint64_t call = 0;  // kCall: which one of the step; else: how many had been made. From 0.
  // kCall: the call as it was then made (JSON), empty if it was not; kThrown: the error's words;
  // kStopped: why it gives up, "too much computation".
  std::string words;
  std::vector<SourceFrame> frames;  // the innermost first
};

// Takes the lines of a watched step one by one, as they begin. Called by a thread of the run's own,
// while the subject waits.
class LineSink {
 public:
  virtual ~LineSink() = default;
  // `depth`: of the stack, from 1. False: here a look is wanted, with all frames and variables, and
  // no further line is.
  [[nodiscard]] virtual bool on_line(std::string_view path, uint64_t line, uint64_t depth) = 0;
};

// One step that is to be watched, and what was seen. Filled by the run while it applies the step;
// belongs to the caller of Engine::start, who keeps it until the run is gone, and reads it then.
struct SourceWatch {
  static constexpr size_t kLooksMax = 20'000;

  uint64_t step = 0;
  // Each line from this call on (before the first: 0) is told, kLine, with its innermost frame; the
  // last one with all. Looks beyond kLooksMax push out the oldest of them.
  bool lines = false;
  uint64_t lines_from_call = 0;
  // With `lines`: they go there and not into `looks`. Must outlive the run.
  LineSink* sink = nullptr;

  bool reached = false;           // the step was begun with a debugger that answered
  std::vector<SourceLook> looks;  // in their order
  uint64_t looks_dropped = 0;     // older ones, beyond kLooksMax
  std::string loss;               // why nothing, or not all, was seen; empty: all was
};

}  // namespace recrank
