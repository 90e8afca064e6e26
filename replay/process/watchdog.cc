#include "replay/process/watchdog.h"

#include <thread>
#include <utility>

namespace recrank {

Watchdog& Watchdog::instance() {
  static Watchdog* const watchdog = new Watchdog;
  return *watchdog;
}

Watchdog::Watchdog() {
  std::thread([this] { loop(); }).detach();
}

void Watchdog::run(std::function<void()> work) {
  std::packaged_task<void()> task(std::move(work));
  std::future<void> done = task.get_future();
  {
    const std::scoped_lock lock(mutex_);
    work_.push_back(std::move(task));
  }
  wake_.notify_one();
  done.get();
}

void Watchdog::add(Watched& watched) {
  {
    const std::scoped_lock lock(mutex_);
    watched_.push_back(&watched);
  }
  wake_.notify_one();
}

void Watchdog::remove(Watched& watched) {
  const std::scoped_lock lock(mutex_);
  std::erase(watched_, &watched);
}

void Watchdog::loop() {
  std::unique_lock lock(mutex_);
  auto next_tick = std::chrono::steady_clock::now() + kTick;
  for (;;) {
    if (!work_.empty()) {
      std::vector<std::packaged_task<void()>> work = std::exchange(work_, {});
      lock.unlock();
      for (std::packaged_task<void()>& task : work) task();
      work.clear();
      lock.lock();
      continue;
    }
    if (watched_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_tick) {
      for (Watched* const watched : watched_) watched->on_tick();
      next_tick = now + kTick;
    }
    wake_.wait_until(lock, next_tick);
  }
}

}  // namespace recrank
