// What the end of an engine's process means.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "replay/crash/program_death.h"
#include "replay/engine.h"
#include "replay/limits.h"
#include "replay/process/worker_process.h"

namespace recrank {

// How the exit statuses of a kind of program are read. As it stands: of a program that gives them
// what meaning it likes, and whose last words, or those of its runtime, tell of its death.
class ExitReader {
 public:
  virtual ~ExitReader() = default;
  [[nodiscard]] virtual std::string meaning(int status) const;
  // The engine's own limit that such an exit tells of; nullopt: none.
  [[nodiscard]] virtual std::optional<StepLimit> limit(int status) const;
  // What the words that it left with say of this status, whatever the status means.
  struct Told {
    std::optional<ProgramDeath> death;
    std::string last_line;  // ProcessEnd::last_line
  };
  [[nodiscard]] virtual Told told(int status, std::string_view words) const;
};

// The outcome of a step in which the process ended, by itself or by the watchdog's hand. `usage`
// and `output` are final; `limits` are those it ran under.
[[nodiscard]] StepOutcome outcome_of_end(const WorkerEnd& end, const WorkerUsage& usage,
                                         const WorkerOutput& output, const Limits& limits,
                                         const ExitReader& exits);

[[nodiscard]] std::string format_seconds(double seconds);  // "0.5 s", "600 s"

}  // namespace recrank
