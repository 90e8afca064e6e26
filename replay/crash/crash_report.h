// What an engine process looked like when it died, or while it hung: plain values.
//
// The shim (replay/shim/) fills a CrashReport in its own process and sends it as one JSON object
// through a pipe; recrank reads it back as untrusted text. Nothing here is compared between runs:
// addresses, registers and maps differ under address-space randomisation. What stays equal is the
// signature (replay/crash/signature.h).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

// One activation of a function, innermost first in a backtrace.
struct Frame {
  uint64_t address = 0;          // the program counter; of a caller: the place it returns to
  std::string module;            // base name of the mapped file: "xsnap-worker"; empty: none there
  std::string build_id;          // of the module, lower-case hex; empty: it has none
  uint64_t offset = 0;           // of `address` from the module's load address
  std::string function;          // demangled; empty: the module has no symbol for it
  uint64_t function_offset = 0;  // of `address` from the function's begin
  std::string file;              // base name of the source; empty: no line table
  uint32_t line = 0;
  bool inlined = false;  // the compiler put it into the next frame
  // Of a deep stack: so many frames between this one and the one before it were left out, inlined
  // ones not counted.
  uint64_t left_out_before = 0;
};

struct Register {
  std::string name;  // "rip"
  uint64_t value = 0;
};

// One signal and the thread that got it.
struct Fault {
  int signal = 0;                   // of a hang: 0, or the signal that stopped the process
  int code = 0;                     // si_code
  std::optional<uint64_t> address;  // nullopt: the kernel gave none (see fault_words)
  std::string mapping;          // the line of /proc/PID/maps that holds `address`; empty: unmapped
  std::optional<pid_t> sender;  // who sent it, for SI_USER, SI_TKILL and SI_QUEUE
  bool sent_by_itself = false;  // `sender` is the process: abort(), raise()
  std::string thread_name;      // /proc/PID/task/TID/comm
  bool main_thread = true;
  std::vector<Frame> frames;
  std::vector<Register> registers;
  std::string code_bytes;       // hex, from `rip`; empty: not readable
  bool stack_overflow = false;  // the address lies at the end of the thread's stack
  // With stack_overflow: the stack was smaller than it may be, and could not grow because the
  // address space was used up. A lack of memory rather than of stack.
  bool stack_starved = false;
};

enum class CrashOccasion { kDeath, kHang };

struct CrashReport {
  CrashOccasion occasion = CrashOccasion::kDeath;
  Fault fault;  // the one it died of; of a hang, where the main thread stood
  // A fault before that one, which the program's own handler took: the true cause. Bun turns
  // SIGSEGV into SIGILL that way.
  std::optional<Fault> first;
  std::string abort_message;        // of assert() or the C library; empty: none
  std::vector<std::string> maps;    // /proc/PID/maps; bounded
  std::vector<std::string> losses;  // what could not be learnt and why, in words

  // The fault to be explained.
  [[nodiscard]] const Fault& cause() const { return first ? *first : fault; }
};

// Of all frames: Frame::left_out_before.
[[nodiscard]] uint64_t frames_left_out(const Fault& fault);

// "SIGSEGV: read or write at address 0x18, which is not mapped", "SIGSEGV: address not given",
// "SIGTERM sent by process 4711".
// "alive" and "stopped by SIGSTOP" of a hang.
[[nodiscard]] std::string fault_words(const Fault& fault);
[[nodiscard]] std::string format_address(uint64_t address);  // "0x18"

// One JSON object and back. The parser takes untrusted text: it throws kInvalidData for anything
// that write_crash_report() cannot have written, and bounds every list and string.
[[nodiscard]] std::string write_crash_report(const CrashReport& report);
[[nodiscard]] CrashReport parse_crash_report(std::string_view json);

}  // namespace recrank
