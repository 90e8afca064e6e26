// The one background thread of recrank: it starts all engine processes and looks after them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <vector>

namespace recrank {

// Looked at by the watchdog, see there.
class Watched {
 public:
  virtual ~Watched() = default;
  // Called every Watchdog::kTick in the watchdog's thread. Must not block, throw, or add or remove.
  virtual void on_tick() = 0;
};

// Why a thread at all: the threads that talk to engines block in read() and write() without a
// timeout, since a poll() per frame would cost as much as the frame. Deadlines and Ctrl-C are
// therefore watched from here, and what ends a blocked read is the death of the engine.
//
// Why it also starts the processes: PR_SET_PDEATHSIG kills a child when the *thread* that forked it
// ends, and a run may well be handed on by the thread that started it. This thread lives as long as
// the process. As a second gain all forks happen one after the other.
//
// Safe to use from any thread.
class Watchdog {
 public:
  static constexpr std::chrono::milliseconds kTick{20};

  // Never destroyed: a run may end in a static destructor.
  static Watchdog& instance();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Runs `work` in the watchdog's thread and waits for it. What it throws is thrown here.
  void run(std::function<void()> work);

  void add(Watched& watched);
  // When this returns, `watched` is not looked at any more.
  void remove(Watched& watched);

 private:
  Watchdog();
  void loop();

  std::mutex mutex_;  // guards all below; held while on_tick() runs, which makes remove() final
  std::condition_variable wake_;
  std::vector<std::packaged_task<void()>> work_;
  std::vector<Watched*> watched_;
};

}  // namespace recrank
