// recrank's side of recrank-shim: one shim beside each engine.
//
// The shim is a sibling of the engine, not its parent. So the engine's exit status, signal, CPU
// time and memory reach recrank from the kernel as they are, and the engine's descriptors never
// pass through the shim. The kernel ties the two together: if the shim dies, its engine is killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/fd.h"
#include "replay/crash/crash_report.h"
#include "replay/crash/shim_wire.h"

namespace recrank {

// recrank-shim beside this program, or in ../libexec/recrank; empty: there is none.
[[nodiscard]] std::filesystem::path find_shim();

// Why no engine of this process is traced, as far as that is known by now; empty: none has been
// refused. For a note to the user. Any thread.
[[nodiscard]] std::string capture_problem();

// Not thread-safe: the owner (WorkerProcess) guards it. The destructor kills the shim and, with it,
// an engine that is still traced.
class CrashTracer {
 public:
  CrashTracer() = default;
  CrashTracer(const CrashTracer&) = delete;
  CrashTracer& operator=(const CrashTracer&) = delete;
  ~CrashTracer();

  // Starts the shim for a process that waits before its exec. Must be called in a thread that lives
  // as long as recrank: its end is the shim's. `shim`: the program; empty: find_shim().
  void start(pid_t engine, std::filesystem::path shim);
  // Waits for the shim's word that it traces. Any thread. When it does not, problem() says why, and
  // the engine can go on without.
  void await_attached();

  [[nodiscard]] bool active() const { return attached_ && pid_ > 0; }
  // Reads what the shim has told since. Does not block.
  void poll();
  // The signal that is about to end the engine, while its report is made or later.
  [[nodiscard]] std::optional<int> fatal_signal() const { return fatal_signal_; }
  [[nodiscard]] bool has_report() const { return report_bytes_ > 0; }
  [[nodiscard]] bool gone() const { return gone_; }

  // Asks for a report of the living engine, which stays stopped from then on. False: nobody to ask.
  [[nodiscard]] bool ask_for_hang();

  // The signal that ended the shim before end() did; 0: none. Its engine was killed with it.
  [[nodiscard]] int died_of() const { return died_of_; }

  // Ends the shim, and an engine that it still traces. What it has told stays.
  void end();
  // The report, once. nullopt: there is none, or it cannot be read; then problem() says why.
  [[nodiscard]] std::optional<CrashReport> take_report();
  // Why there is no report, as a loss: "not traced: …". Empty: no reason known.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void spawn(pid_t engine, const std::filesystem::path& shim);
  void take(const ShimMessage& message);
  void fail(std::string why);

  bool is_default_ = true;  // not another program for a test
  pid_t pid_ = 0;           // of the shim; 0: none runs
  UniqueFd messages_;       // non-blocking
  UniqueFd report_;
  bool attached_ = false;
  bool gone_ = false;
  int died_of_ = 0;
  std::optional<int> fatal_signal_;
  size_t report_bytes_ = 0;
  std::string problem_;
};

}  // namespace recrank
