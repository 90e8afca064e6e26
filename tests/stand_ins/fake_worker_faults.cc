#include "tests/stand_ins/fake_worker_faults.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

namespace fake_worker {
namespace {

// Read at run time, so that no compiler sees what is about to happen.
volatile uintptr_t g_zero = 0;
volatile int g_sink = 0;
sigjmp_buf g_back;

void on_fault_then_trap(int) {
  ::signal(SIGSEGV, SIG_DFL);
  __builtin_trap();
}

void on_fault_go_back(int) { ::siglongjmp(g_back, 1); }

void catch_faults(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  ::sigaction(SIGSEGV, &action, nullptr);
}

[[gnu::noinline]] int descend(int depth) {
  volatile char room[256];
  room[depth % 256] = static_cast<char>(depth);
  return descend(depth + 1) + room[0];
}

[[gnu::noinline]] int mark_list(int depth);

// Goes round by two functions, in an order that repeats itself nowhere, until it meets the null
// pointer.
[[gnu::noinline]] int mark(int depth) {
  if (depth <= 0) return *reinterpret_cast<volatile int*>(g_zero + 0x18);
  const bool list = depth % 3 == 0 || depth % 7 == 0;
  return (list ? mark_list(depth - 1) : mark(depth - 1)) + g_sink;
}
[[gnu::noinline]] int mark_list(int depth) { return mark(depth - 1) + g_sink; }

[[gnu::noinline]] int collect() { return mark(300) + g_sink; }

// More callers than are kept of the outer end of a stack.
[[gnu::noinline]] int run_code(int depth) {
  return (depth == 0 ? collect() : run_code(depth - 1)) + g_sink;
}

void spin_for_ever() {
  for (volatile uint64_t turns = 0;;) turns = turns + 1;
}

std::string came_of(bool worked) { return worked ? "allowed" : std::strerror(errno); }

}  // namespace

[[gnu::noinline]] void read_null_member() {
  g_sink = *reinterpret_cast<volatile int*>(g_zero + 0x18);
}

void overflow_the_stack() { g_sink = descend(static_cast<int>(g_zero)); }

void crash_in_a_collection() { g_sink = run_code(30); }

void fail_an_assertion() {
  // As assert() does it, in builds without assertions too.
  extern void fail(const char*, const char*, unsigned int, const char*) __asm__("__assert_fail");
  fail("vats > 0", "fake.cc", 42, "fail_an_assertion");
}

[[gnu::noinline]] void jump_to_zero() {
  reinterpret_cast<void (*)()>(g_zero)();
  g_sink = 1;  // so that it is a call and no tail call
}

void write_non_canonical() { *reinterpret_cast<volatile int*>(g_zero + 0xdead000000000000) = 1; }

void divide_by_zero() { g_sink = 100 / static_cast<int>(g_zero); }

void crash_in_a_thread() { std::thread(read_null_member).join(); }

void hang_in_a_thread() {
  std::thread(spin_for_ever).detach();
  for (;;) ::pause();
}

void trap_in_fault_handler() {
  catch_faults(on_fault_then_trap);
  jump_to_zero();
}

void trap_behind_fault_handler() {
  survive_faults(1);
  __builtin_trap();
}

void survive_faults(uint64_t count) {
  catch_faults(on_fault_go_back);
  volatile uint64_t done = 0;  // must survive the jump back
  while (done < count) {
    if (::sigsetjmp(g_back, 1) == 0) read_null_member();
    done = done + 1;
  }
  ::signal(SIGSEGV, SIG_DFL);
}

std::string reach_tracer() {
  std::ifstream status("/proc/self/status");
  std::string word;
  pid_t tracer = 0;
  while (status >> word) {
    if (word == "TracerPid:") status >> tracer;
  }
  if (tracer == 0) return "not traced";
  const std::string home = "/proc/" + std::to_string(tracer);
  std::string text = "kill: " + came_of(::kill(tracer, SIGWINCH) == 0);
  text += "; ptrace: " + came_of(::ptrace(PTRACE_SEIZE, tracer, nullptr, nullptr) == 0);
  text += "; descriptors: " + came_of(std::fopen((home + "/fd/3").c_str(), "r") != nullptr);
  text += "; memory: " + came_of(std::fopen((home + "/mem").c_str(), "r") != nullptr);
  return text;
}

}  // namespace fake_worker
