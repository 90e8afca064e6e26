#include "tests/base/faulty_child.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "base/error.h"

namespace recrank {
namespace {

constexpr int kSystemCallStop = SIGTRAP | 0x80;  // PTRACE_O_TRACESYSGOOD

[[noreturn]] void work_traced(const std::function<void()>& work) {
  ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  ::raise(SIGSTOP);
  int status = 0;
  try {
    work();
  } catch (const Error&) {
    status = 1;
  } catch (...) {  // NOLINT: only its number is asked for
    status = 2;
  }
  ::_exit(status);
}

class TracedChild {
 public:
  explicit TracedChild(const std::function<void()>& work) : pid_(::fork()) {
    if (pid_ == 0) work_traced(work);
    wait();
    ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  }

  // To the beginning or the end of a system call; false: it has ended.
  bool step() {
    do {
      ::ptrace(PTRACE_SYSCALL, pid_, nullptr, nullptr);
      wait();
    } while (WIFSTOPPED(status_) && WSTOPSIG(status_) != kSystemCallStop);
    return WIFSTOPPED(status_);
  }
  [[nodiscard]] user_regs_struct registers() const {
    user_regs_struct registers{};
    ::ptrace(PTRACE_GETREGS, pid_, nullptr, &registers);
    return registers;
  }
  void set(const user_regs_struct& registers) const {
    ::ptrace(PTRACE_SETREGS, pid_, nullptr, &registers);
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    while (!WIFEXITED(status_) && !WIFSIGNALED(status_)) wait();
  }
  [[nodiscard]] std::optional<int> exit_status() const {
    return WIFEXITED(status_) ? std::optional(WEXITSTATUS(status_)) : std::nullopt;
  }

 private:
  void wait() {
    if (::waitpid(pid_, &status_, 0) != pid_) throw std::runtime_error("waitpid failed");
  }

  pid_t pid_;
  int status_ = 0;
};

// A call that cannot fail.
bool ends_it(const user_regs_struct& registers) { return registers.orig_rax == SYS_exit_group; }

void fail_call(TracedChild& child, user_regs_struct registers, int error) {
  registers.orig_rax = ~0ULL;  // no such call: nothing is done
  child.set(registers);
  child.step();
  registers = child.registers();
  registers.rax = static_cast<unsigned long long>(-static_cast<long long>(error));
  child.set(registers);
}

}  // namespace

FaultyEnd run_faulty(const std::function<void()>& work, Fault fault, int nth, int error) {
  TracedChild child(work);
  FaultyEnd end;
  int calls = 0;
  while (child.step()) {
    const user_regs_struct registers = child.registers();
    if (++calls == nth && !ends_it(registers)) {
      end.struck = true;
      if (fault == Fault::kKill) {
        child.kill();
        return end;
      }
      fail_call(child, registers, error);
      continue;
    }
    if (!child.step()) break;  // the end of the call
  }
  end.exit_status = child.exit_status();
  return end;
}

}  // namespace recrank
