#include "replay/shim/raw_fault.h"

#include <sys/ptrace.h>

namespace recrank::shim {
namespace {

constexpr uint64_t kRedZone = 128;  // below the stack pointer, used by leaf functions

}  // namespace

RawFault take_raw_fault(pid_t pid, pid_t tid, int signal, size_t stack_bytes) {
  RawFault fault;
  fault.tid = tid;
  fault.signal = signal;
  siginfo_t info{};
  if (::ptrace(PTRACE_GETSIGINFO, tid, nullptr, &info) == 0) fault.info = info;
  user_regs_struct registers{};
  if (::ptrace(PTRACE_GETREGS, tid, nullptr, &registers) == 0) fault.registers = registers;
  fault.masks = read_signal_masks(pid, tid);
  if (stack_bytes > 0 && fault.registers) {
    const uint64_t pointer = fault.registers->rsp;
    fault.stack_begin = pointer - kRedZone;
    fault.stack = ProcessMemory(pid).read_bytes(fault.stack_begin, stack_bytes);
    if (fault.stack.empty()) {  // the red zone may lie on a page that is not there
      fault.stack_begin = pointer;
      fault.stack = ProcessMemory(pid).read_bytes(fault.stack_begin, stack_bytes);
    }
  }
  return fault;
}

bool is_fault_signal(int signal) {
  switch (signal) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGTRAP:
    case SIGSYS:
    case SIGABRT: return true;
    default: return false;
  }
}

bool ends_process_by_default(int signal) {
  switch (signal) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH: return false;
    default: return !is_stop_signal(signal);
  }
}

bool is_stop_signal(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

}  // namespace recrank::shim
