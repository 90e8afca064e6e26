// "Please stop": set by Ctrl-C, by a sibling that made the work pointless, or by a test; looked at
// between steps.
#pragma once

#include <atomic>

namespace recrank {

// Set once, never cleared. Safe from any thread and from a signal handler. With a parent, a request
// to the parent counts as one to the child; the parent must outlive it.
class Interrupt {
 public:
  Interrupt() = default;
  explicit Interrupt(const Interrupt* parent) : parent_(parent) {}

  void request() { requested_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool requested() const {
    return requested_.load(std::memory_order_relaxed) ||
           (parent_ != nullptr && parent_->requested());
  }

 private:
  std::atomic<bool> requested_{false};
  const Interrupt* parent_ = nullptr;
};

}  // namespace recrank
