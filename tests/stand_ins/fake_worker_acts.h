// What a fake worker can be told to do besides calls and answers. Each act is an object with one
// key; the value is its argument.
//
//   call [..]          a system call            console [..]    a console call
//   upcall "text"      any call, as it stands   raw "bytes"     written to the answers as it stands
//   frame "payload"    one netstring            repeat_raw {"bytes":"x","times":N}; 0 times: for
//   ever answer {"meter":"text","result":"text"}     instead of the usual one throw "text" "!text"
//   instead of the answer signal 11          to itself                exit 17 die_unless_loaded 11
//   the signal, unless this worker went on from a heap hang true          for ever hang_deaf true
//   for ever, and SIGTERM is ignored remember "word"            counts the word, in this process
//   signal_if {"signal":11,"words":{"a":1,"b":3}}    when each word was counted so often
//   signal_sometimes {"signal":11,"percent":60}      by real chance
//   spin true          burns CPU for ever       sleep_ms N
//   fault "null"       commits one: null, stack, assert, jump, non-canonical, divide, thread,
//   abort,
//                      trap in handler, trap behind handler, hang in thread
//   survive_faults N   N faults that a handler takes           stop true  SIGSTOP to itself
//   flood_calls true   console calls without end
//   if_reloaded {act}  only in a worker that began from a heap
//   if_heap_written {act}  only in a worker that has written its heap
//   nest N             a system call of N nested arrays
//   print {"text":"x","times":N}                to stdout; 0 times: for ever
//   close_replies true
//   grandchild true    a process that holds all pipes and sleeps
//   write_to 5         one byte to that descriptor; the answer's result says what came of it
//   inspect "fds"      the answer's result becomes ["ok",WHAT]: fds, argv, environment, limits,
//                      group, cwd, network, write, fork, maps,
//                      tracer (what comes of reaching for it)
//   announce N         snapshot: the size it claims      heap "text"   snapshot: what it writes
//   heap_flood true    snapshot: bytes without end
//   when {…,"then":[acts]}                      only under conditions: fake_worker_conditions.h
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/stand_ins/fake_worker_script.h"
#include "tests/stand_ins/fake_worker_wire.h"

namespace fake_worker {

// What an act may change about the answer that follows.
struct Answer {
  std::string result;
  uint64_t computrons = 1;
  bool sent = false;  // the act has answered itself
  std::optional<uint64_t> announce;
  std::optional<std::string> heap;
  bool heap_flood = false;
};

struct Context {
  const Wire& wire;
  int argc;
  char** argv;
  const bool& heap_written;
};

// Ends the process with status 3 for an act that does not exist.
void perform(const Json& act, const Context& context, Answer& answer);

}  // namespace fake_worker
