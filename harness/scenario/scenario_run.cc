#include "harness/scenario/scenario_run.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "harness/scenario/scenario_recording.h"
#include "harness/scenario/scenario_session.h"

namespace recrank {
namespace {

enum class Stage { kWaiting, kOpening, kOpen, kDone };

// One scenario and how far it is.
struct Slot {
  Slot(const ScenarioEntry& entry, const RunRequest& request, const EngineRegistry& registry,
       const RunObserver& observer)
      : session(entry, request, registry, observer) {}

  ScenarioSession session;
  Stage stage = Stage::kWaiting;
  size_t next_work = 0;
  size_t ended_works = 0;
  ScenarioResult result;
};

// Threads take what comes first: a work of an open scenario, else a scenario to open.
class Pool {
 public:
  Pool(const RunRequest& request, const EngineRegistry& registry, const Interrupt& interrupt,
       const RunObserver& observer)
      : observer_(observer),
        one_at_a_time_{[this](const std::string& note) {
                         const std::lock_guard lock(telling_);
                         observer_.on_note(note);
                       },
                       [this](const std::string& scenario, const CaseResult& result) {
                         const std::lock_guard lock(telling_);
                         observer_.on_case(scenario, result);
                       }},
        store_(request.recordings, one_at_a_time_.on_note),
        interrupt_(&interrupt) {
    for (const ScenarioEntry& entry : request.entries) {
      slots_.emplace_back(entry, request, registry, one_at_a_time_);
    }
  }

  void run(size_t threads) {
    threads = std::max<size_t>(1, threads);
    parallel_for(threads, {.threads = threads}, [this](size_t) { work(); });
  }

  std::vector<ScenarioResult> take() {
    std::vector<ScenarioResult> results;
    for (Slot& slot : slots_) results.push_back(std::move(slot.result));
    return results;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    try {
      while (take_one(lock)) {
      }
    } catch (...) {  // the other threads are to end as well
      if (!lock.owns_lock()) lock.lock();
      failed_ = true;
      interrupt_.request();
      changed_.notify_all();
      throw;
    }
  }

  // False: nothing is left to do for this thread.
  bool take_one(std::unique_lock<std::mutex>& lock) {
    if (failed_) return false;
    for (Slot& slot : slots_) {
      if (slot.stage != Stage::kOpen || slot.next_work == slot.session.works()) continue;
      run_work(slot, lock);
      return true;
    }
    for (Slot& slot : slots_) {
      if (slot.stage != Stage::kWaiting) continue;
      open(slot, lock);
      return true;
    }
    const bool opening = std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
      return slot.stage == Stage::kOpening;
    });
    if (opening) changed_.wait(lock);  // it may bring works
    return opening;
  }

  void open(Slot& slot, std::unique_lock<std::mutex>& lock) {
    slot.stage = Stage::kOpening;
    lock.unlock();
    if (interrupt_.requested()) {
      slot.session.interrupt_all();
    } else {
      // Two scenarios may want one recording to be made, and engines are probed one by one.
      const std::lock_guard opening(opening_);
      slot.session.open(store_, interrupt_);
    }
    lock.lock();
    slot.stage = Stage::kOpen;
    close_if_done(slot);
    changed_.notify_all();
  }

  void run_work(Slot& slot, std::unique_lock<std::mutex>& lock) {
    const size_t taken = slot.next_work++;
    lock.unlock();
    // Those not begun keep the outcome that they were made with: interrupted.
    if (!interrupt_.requested()) slot.session.run(taken, interrupt_);
    lock.lock();
    ++slot.ended_works;
    close_if_done(slot);
  }

  static void close_if_done(Slot& slot) {
    if (slot.ended_works != slot.session.works()) return;
    slot.result = slot.session.take();
    slot.stage = Stage::kDone;
  }

  const RunObserver& observer_;
  std::mutex telling_;
  const RunObserver one_at_a_time_;
  const RecordingStore store_;
  Interrupt interrupt_;
  std::mutex opening_;
  std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  std::deque<Slot> slots_;
  bool failed_ = false;
};

}  // namespace

std::vector<ScenarioResult> run_scenarios(const RunRequest& request, const EngineRegistry& registry,
                                          const Interrupt& interrupt, const RunObserver& observer) {
  Pool pool(request, registry, interrupt, observer);
  pool.run(request.jobs);
  return pool.take();
}

}  // namespace recrank
