// A fault in the words of a report.
#include <signal.h>
#include <string.h>

#include <string>

#include "base/hex.h"
#include "base/text.h"
#include "replay/crash/crash_report.h"

namespace recrank {
namespace {

std::string name_of(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

bool is_stop(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

// What the address was for; the kernel does not tell a read from a write.
std::string access_words(const Fault& fault) {
  const bool jumped = !fault.frames.empty() && fault.frames.front().address == *fault.address;
  return (jumped ? "jump to address " : "read or write at address ") +
         format_address(*fault.address);
}

std::string memory_words(const Fault& fault) {
  if (!fault.address) return "address not given";
  const std::string access = access_words(fault);
  if (fault.stack_starved) return "the stack cannot grow, the address space is used up, " + access;
  if (fault.stack_overflow) return "stack overflow, " + access;
  if (fault.signal == SIGBUS && fault.code == BUS_ADRERR) {
    return access + ", which lies behind the end of its file";
  }
  if (fault.signal == SIGBUS && fault.code == BUS_ADRALN) return access + ", which is not aligned";
  if (fault.mapping.empty()) return access + ", which is not mapped";
  return access + ", which its mapping does not allow (" + printable(fault.mapping, 300) + ")";
}

std::string arithmetic_words(int code) {
  switch (code) {
    case FPE_INTDIV: return "division by zero";
    case FPE_INTOVF: return "integer overflow";
    case FPE_FLTDIV: return "floating-point division by zero";
    case FPE_FLTOVF: return "floating-point overflow";
    case FPE_FLTINV: return "invalid floating-point operation";
    default: return "arithmetic fault";
  }
}

}  // namespace

std::string format_address(uint64_t address) { return "0x" + number_to_hex(address); }

std::string fault_words(const Fault& fault) {
  if (fault.signal == 0) return "alive";
  const std::string name = name_of(fault.signal);
  if (is_stop(fault.signal)) return "stopped by " + name;
  if (fault.sent_by_itself) return name + " raised by the process itself";
  if (fault.sender) {
    return name + " sent by " +
           (*fault.sender == 0 ? "a process outside" : "process " + std::to_string(*fault.sender));
  }
  switch (fault.signal) {
    case SIGSEGV:
    case SIGBUS: return name + ": " + memory_words(fault);
    case SIGFPE: return name + ": " + arithmetic_words(fault.code);
    case SIGILL:
      return name + ": illegal instruction" +
             (fault.address ? " at address " + format_address(*fault.address) : "");
    case SIGTRAP: return name + ": breakpoint or trap instruction";
    case SIGSYS: return name + ": system call that a seccomp filter forbids";
    case SIGXCPU: return name + ": its CPU time is used up";
    default: return name;
  }
}

}  // namespace recrank
