// A vat on a fake worker, ready to be sent deliveries.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/interrupt.h"
#include "replay/engine.h"
#include "tests/support/replay/fake_worker_home.h"

namespace recrank {

// Answers every call alike and keeps them.
class KeepingHandler : public CallHandler {
 public:
  std::optional<std::string_view> on_call(std::string_view call) override;

  std::vector<std::string> calls;
  size_t stop_at = SIZE_MAX;  // the index of the call that ends the step
  std::string answer = R"(["ok",null])";
};

// "done ok 18522 ["ok",null,null]", "crashed SIGSEGV", "limit step-wall 0.2 s", "garbled …": an
// outcome as one line.
[[nodiscard]] std::string text_of(const StepOutcome& outcome);

// A setup that lacks nothing in either dialect.
[[nodiscard]] StartRequest usual_request(std::string_view era);

class FakeVat {
 public:
  // The script decides the dialect; see tests/stand_ins/fake_worker_script.h.
  explicit FakeVat(std::string_view script, const Limits& limits = {});

  // Starts the run and says how that failed, else "started".
  std::string start(StartRequest request);
  std::string start();
  // Starts if need be. The outcome of the next delivery, or how the start failed.
  std::string deliver(std::string_view delivery = "[\"notify\",[]]");
  std::string snapshot();  // the sha256, or the outcome

  const FakeWorkerHome& home() const { return home_; }
  KeepingHandler& handler() { return handler_; }
  Run& run() { return *run_; }
  Interrupt& interrupt() { return interrupt_; }

 private:
  FakeWorkerHome home_;
  Interrupt interrupt_;
  std::string_view era_;
  Limits limits_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Run> run_;
  KeepingHandler handler_;
};

}  // namespace recrank
