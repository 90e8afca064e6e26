// One conversation with one program whose requests over HTTP are answered by recrank.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/engine.h"
#include "replay/process/worker_process.h"
#include "replay/program/http_message.h"
#include "replay/program/http_transport.h"
#include "replay/program/program_engine.h"
#include "replay/program/stub_server.h"

namespace recrank::program {

// Sends an event and waits for its answer, and serves the program's requests meanwhile: each is a
// call of the step. A request that comes behind the answer belongs to the next step, as do those
// that are made before the first event; one that comes behind the last answer is not seen, but a
// death that follows it within 0.3 s is.
class HttpRun : public ProgramRun {
 public:
  // `command` has the sockets and the network that inner_sockets_for() asks for.
  HttpRun(WorkerCommand command, HttpTransport transport, const Limits& limits,
          const Interrupt& interrupt);

  StepOutcome apply(const Step& step, CallHandler& handler) override;
  // A server may die of what it has just answered: it is watched for a moment more.
  StepOutcome finish() override;

 private:
  enum class Heard { kNothing, kAnswer, kEnd, kGarbled };

  StepOutcome converse(CallHandler& handler);
  void begin_event(std::string_view event);
  void try_connect();
  void reuse_connection();
  void close_connection();
  void write_event();
  [[nodiscard]] Heard hear();
  [[nodiscard]] Heard hear_line(std::string_view bytes);
  [[nodiscard]] Heard hear_response(std::string_view bytes, bool end);
  void wait();
  [[nodiscard]] int event_fd() const;
  [[noreturn]] void not_served(const std::string& why);
  StepOutcome garbled(std::string what);
  StepOutcome stopped();
  StepOutcome ended();

  HttpTransport transport_;
  std::vector<UniqueFd> connecting_;  // not connected yet
  StubServer stub_;
  UniqueFd connection_;          // to the program's port
  std::deque<UniqueFd> closed_;  // used before, the oldest first
  std::unique_ptr<HttpReader> response_;
  std::string unsent_;
  std::string event_;  // as it is sent, for a connection that has to be made anew
  std::string heard_;  // on stdout, or a response's body
  std::string answer_;
  std::string what_;
  bool over_ = false;  // the process is gone
};

}  // namespace recrank::program
