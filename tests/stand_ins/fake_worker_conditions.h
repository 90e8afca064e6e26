// Acts of a fake worker that depend on how it runs, for tests of what a crash hangs on.
//
//   when {"randomised":true,"then":[{"signal":11}]}
//
// plays the acts of "then" if all the other members hold:
//
//   randomised true    the stack lies elsewhere than where it does without address randomisation
//   loaded true        the worker was started from a heap (false: fresh)
//   as_below N         its RLIMIT_AS is below N bytes
//   token true         the next byte of the FIFO `tokens` beside the script is a 1. A worker may
//                      write nothing that outlives it, but it can read: the test fills the FIFO and
//                      so decides what each run does, in order. An empty FIFO gives 0.
#pragma once

#include "tests/stand_ins/fake_worker_script.h"

namespace fake_worker {

// Ends the process with status 3 for a condition that does not exist.
bool conditions_hold(const Json& conditions, int argc, char** argv);

}  // namespace fake_worker
