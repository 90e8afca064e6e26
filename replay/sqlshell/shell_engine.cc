#include "replay/sqlshell/shell_engine.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/text.h"
#include "replay/program/program_engine.h"
#include "snapshot/sqlshell/sql_journal.h"

namespace recrank::sqlshell {
namespace {

constexpr std::chrono::seconds kEndGrace{5};

class ShellRun : public program::ProgramRun {
 public:
  ShellRun(WorkerCommand command, const Limits& limits, const Interrupt& interrupt)
      : ProgramRun(std::move(command), limits, interrupt) {
    make_nonblocking(process_.command_fd());
    make_nonblocking(process_.reply_fd());
  }

  StepOutcome apply(const Step& step, CallHandler&) override {
    // No statement can hold its own checksum, so none prints the mark by chance or by design.
    const std::string mark =
        "end-" + sha256_hex(std::to_string(step.number) + std::string(step.delivery));
    process_.limit_step(limits_.step_wall_s);
    if (auto end = exchange(std::string(step.delivery) + "\n.print " + mark + "\n", mark + "\n"))
      return std::move(*end);
    process_.lift_step_limit();
    digest_ = sha256_hex(output_);
    facts_[0] = {kOutputSha256, digest_};
    return StepDone{.facts = facts_};
  }

 private:
  // Nullopt: `output_` holds what was printed before `last`. Else how the shell ended. It reads
  // while it writes: a shell that blocks on its own full pipe would wait for us while we wait for
  // it.
  std::optional<StepOutcome> exchange(std::string_view unsent, std::string_view last) {
    output_.clear();
    while (!unsent.empty() || !output_.ends_with(last)) {
      std::array<pollfd, 2> fds{pollfd{process_.reply_fd(), POLLIN, 0},
                                pollfd{process_.command_fd(), POLLOUT, 0}};
      if (::poll(fds.data(), unsent.empty() ? 1 : 2, -1) < 0 && errno != EINTR)
        throw_errno("poll", errno);
      const ssize_t put =
          unsent.empty() ? 0 : ::write(process_.command_fd(), unsent.data(), unsent.size());
      if (put > 0) unsent.remove_prefix(static_cast<size_t>(put));
      if (put < 0 && !would_block(errno)) return ended(kEndGrace);
      const ssize_t got = ::read(process_.reply_fd(), piece_.data(), piece_.size());
      if (got == 0 || (got < 0 && !would_block(errno))) return ended(kEndGrace);
      if (got > 0) output_.append(piece_.data(), static_cast<size_t>(got));
      if (output_.size() > limits_.frame_bytes_max)
        return garbled("printed more than " + format_bytes(limits_.frame_bytes_max));
    }
    output_.resize(output_.size() - last.size());
    return std::nullopt;
  }

  std::array<char, 65536> piece_{};
  std::string output_;
  std::string digest_;
  std::array<NamedFact, 1> facts_{};
};

class ShellEngine : public program::ProgramEngine {
 public:
  explicit ShellEngine(program::ProcessProgram program) : ProgramEngine(std::move(program)) {}

 private:
  StartResult launch(WorkerCommand command, StartRequest request,
                     const Interrupt& interrupt) const override {
    command.wire = kStdioWire;
    // -init: what a user keeps in ~/.sqliterc is no part of the history.
    const std::array fixed{"-batch", "-init", "/dev/null", "-json", ":memory:"};
    command.arguments.insert(command.arguments.begin(), fixed.begin(), fixed.end());
    return {std::make_unique<ShellRun>(std::move(command), request.limits, interrupt)};
  }
};

}  // namespace

std::unique_ptr<Engine> make_shell_engine(program::ProcessProgram program) {
  program.identity.dialect = kDialect;
  return std::make_unique<ShellEngine>(std::move(program));
}

}  // namespace recrank::sqlshell
