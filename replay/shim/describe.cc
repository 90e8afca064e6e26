#include "replay/shim/describe.h"

#include <sys/resource.h>

#include <algorithm>

#include "base/hex.h"

namespace recrank::shim {
namespace {

constexpr size_t kCodeBytes = 16;          // longer than any one instruction
constexpr uint64_t kNearStack = 64 << 10;  // a frame this large is entered with one access
constexpr uint64_t kGuardGap = 1 << 20;    // the kernel keeps that free below a stack

std::vector<Register> describe_registers(const user_regs_struct& from) {
  return {{"rip", from.rip}, {"rsp", from.rsp},      {"rbp", from.rbp}, {"rax", from.rax},
          {"rbx", from.rbx}, {"rcx", from.rcx},      {"rdx", from.rdx}, {"rsi", from.rsi},
          {"rdi", from.rdi}, {"r8", from.r8},        {"r9", from.r9},   {"r10", from.r10},
          {"r11", from.r11}, {"r12", from.r12},      {"r13", from.r13}, {"r14", from.r14},
          {"r15", from.r15}, {"eflags", from.eflags}};
}

// The kernel gives an address for these, if it knows one. Of a non-canonical pointer it does not:
// the processor keeps none.
bool has_address(const siginfo_t& info) {
  switch (info.si_signo) {
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGTRAP: return info.si_code > 0 && info.si_code != SI_KERNEL;
    default: return false;
  }
}

// The main thread's stack is smaller than its limit by more than the gap that is kept below it.
bool stack_may_grow(pid_t pid, const std::vector<Mapping>& mappings) {
  const auto stack = std::find_if(mappings.begin(), mappings.end(),
                                  [](const Mapping& each) { return each.name == "[stack]"; });
  rlimit limit{};
  if (stack == mappings.end() || ::prlimit(pid, RLIMIT_STACK, nullptr, &limit) != 0) return false;
  return stack->end - stack->begin + 2 * kGuardGap < limit.rlim_cur;
}

void describe_info(pid_t pid, const siginfo_t& info, Fault& fault) {
  fault.code = info.si_code;
  if (has_address(info)) fault.address = reinterpret_cast<uint64_t>(info.si_addr);
  if (info.si_code == SI_USER || info.si_code == SI_TKILL || info.si_code == SI_QUEUE) {
    fault.sender = info.si_pid;
    fault.sent_by_itself = info.si_pid == read_inner_pid(pid);
  }
}

}  // namespace

Fault describe_fault(pid_t pid, const RawFault& raw, const std::vector<Mapping>& mappings,
                     const ProcessMemory& memory) {
  Fault fault;
  fault.signal = raw.signal;
  fault.main_thread = raw.tid == pid;
  fault.thread_name = read_thread_name(pid, raw.tid);
  if (raw.info && raw.signal == raw.info->si_signo) describe_info(pid, *raw.info, fault);
  if (raw.registers) {
    fault.registers = describe_registers(*raw.registers);
    const auto code = memory.read_bytes(raw.registers->rip, kCodeBytes);
    fault.code_bytes = to_hex(code.data(), code.size());
  }
  if (!fault.address) return fault;
  if (const Mapping* const mapping = find_mapping(mappings, *fault.address)) {
    fault.mapping = mapping->line;
  }
  fault.stack_overflow = raw.signal == SIGSEGV && raw.registers.has_value() &&
                         is_stack_overflow(*fault.address, raw.registers->rsp, mappings);
  fault.stack_starved = fault.stack_overflow && fault.main_thread && stack_may_grow(pid, mappings);
  return fault;
}

bool is_stack_overflow(uint64_t address, uint64_t stack_pointer,
                       const std::vector<Mapping>& mappings) {
  const uint64_t distance =
      address < stack_pointer ? stack_pointer - address : address - stack_pointer;
  if (distance > kNearStack) return false;
  const Mapping* const here = find_mapping(mappings, address);
  const bool guard = here != nullptr && !here->readable && !here->writable;
  if (here != nullptr && !guard) return false;
  const auto above = std::find_if(mappings.begin(), mappings.end(),
                                  [&](const Mapping& each) { return each.begin > address; });
  if (above == mappings.end() || !above->writable) return false;
  // A thread's stack ends in a guard page; only the first one may grow, until it must not.
  if (guard) return above->begin == here->end;
  return above->name == "[stack]" && above->begin - address <= kGuardGap;
}

bool died_in_handler(const RawFault& handled, const RawFault& dying,
                     const std::vector<Frame>& dying_frames) {
  if (handled.tid != dying.tid || !handled.registers || !dying.registers) return false;
  // The handler gave up its post and let the same instruction fault again.
  if (handled.signal == dying.signal && handled.registers->rip == dying.registers->rip)
    return false;
  // A signal is blocked while its handler runs.
  if (dying.masks && (dying.masks->blocked & signal_bit(handled.signal)) != 0) return true;
  // The interrupted place is still among the callers.
  return std::any_of(dying_frames.begin(), dying_frames.end(), [&](const Frame& frame) {
    return frame.address == handled.registers->rip && frame.address != dying.registers->rip;
  });
}

}  // namespace recrank::shim
