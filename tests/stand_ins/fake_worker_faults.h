// The faults that a fake worker can be told to commit. Each does not return unless said otherwise.
// Their names are what backtraces of tests look for.
#pragma once

#include <cstdint>
#include <string>

namespace fake_worker {

void read_null_member();  // of a null pointer, at offset 0x18
void overflow_the_stack();
void crash_in_a_collection();  // deep in mark(), called by collect() deep in run_code()
void fail_an_assertion();
void jump_to_zero();
void write_non_canonical();
void divide_by_zero();
void crash_in_a_thread();
void hang_in_a_thread();              // one thread spins, the main one sleeps
void trap_in_fault_handler();         // SIGSEGV, whose handler resets itself and dies of SIGILL
void trap_behind_fault_handler();     // a fault that its handler mends, then a trap of its own
void survive_faults(uint64_t count);  // returns
[[nodiscard]] std::string reach_tracer();  // what came of each way to get at it; returns

}  // namespace fake_worker
