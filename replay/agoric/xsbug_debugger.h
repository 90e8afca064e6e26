// The debugger of one xsnap worker: it is told where to stop, and what it says there becomes looks.
//
// A worker with XSBUG_HOST in its environment connects out and waits at each stop until it is told
// to go on. So a thread serves the connection while the run's own thread talks over the wire. There
// is no stop from outside: one breakpoint stands where the supervisor begins a delivery, and only
// behind it, in the step that is watched, are those set that cost.
//
// Format: docs/formats/xsbug.md
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "replay/agoric/source_texts.h"
#include "replay/agoric/xsbug_messages.h"
#include "replay/source_watch.h"

namespace recrank::agoric {

// Of its network's loopback; whatever else runs there is the worker's own doing.
inline constexpr uint16_t kXsbugPort = 5002;

inline constexpr const char* kNoDebugger =
    "this build of the worker has no debugger: it asked for none";

// Owned by the run's thread, which calls everything here.
class XsbugDebugger {
 public:
  // `listening`: the worker's network, on kXsbugPort. `watch` must outlive this.
  XsbugDebugger(UniqueFd listening, std::optional<SupervisorLines> lines, SourceWatch& watch);
  // The worker must be gone by then: see end().
  ~XsbugDebugger();
  XsbugDebugger(const XsbugDebugger&) = delete;
  XsbugDebugger& operator=(const XsbugDebugger&) = delete;

  // Whether the worker has asked for a debugger. It does so before it reads its first command, if
  // it ever does.
  [[nodiscard]] bool is_connected();
  // Before a step is sent.
  void begin_step(uint64_t step);
  // The call that it has stopped for, once it is made.
  void note_call(std::string_view call);
  // Behind its answer.
  void end_step();
  // The worker is gone, and with it the connection: what it had said is heard out.
  void end();

 private:
  void serve();
  bool hear(int connection);
  void on_message(XsbugMessage message);
  void on_stop(XsbugMessage message);
  void on_delivery();
  void on_line(XsbugMessage message);
  void look(LookKind kind, XsbugMessage message);
  void want_variables(const std::vector<XsbugFrame>& frames);
  void ask_or_go_on();
  void keep_look();
  void take_variables(XsbugMessage& message);
  [[nodiscard]] bool is_at(const XsbugMessage& message, uint64_t line) const;
  [[nodiscard]] bool lines_wanted() const;
  void lose(std::string why);
  void settle();

  UniqueFd listening_;
  const std::optional<SupervisorLines> lines_;
  SourceWatch& watch_;
  std::atomic<bool> wanted_ = false;  // the step that runs is the one to be watched

  std::mutex mutex_;  // guards what follows, which the thread fills
  std::deque<SourceLook> looks_;
  uint64_t dropped_ = 0;
  bool connected_ = false;
  bool reached_ = false;
  std::string loss_;

  // The thread's own.
  XsbugReader reader_;
  uint64_t said_ = 0;  // bytes
  bool in_step_ = false;
  uint64_t calls_ = 0;
  bool lines_done_ = false;  // the sink wants no more
  std::string last_log_;
  std::string answer_;  // what is to be sent
  struct Wanted {
    std::string address;
    size_t frame = 0;  // of look_
  };
  std::vector<Wanted> variables_wanted_;
  std::optional<SourceLook> look_;  // the newest, until its variables have come

  std::thread thread_;  // the last: it uses all of the above
};

}  // namespace recrank::agoric
