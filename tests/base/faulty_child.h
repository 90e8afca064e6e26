// Runs work in a process of its own that is killed at its n-th system call, or whose n-th fails.
#pragma once

#include <functional>
#include <optional>

namespace recrank {

enum class Fault { kKill, kFail };

struct FaultyEnd {
  bool struck = false;             // false: it made fewer calls than that
  std::optional<int> exit_status;  // 0: done, 1: an Error, 2: another exception
};

// `error`: what the failing call gives, such as ENOSPC.
[[nodiscard]] FaultyEnd run_faulty(const std::function<void()>& work, Fault fault, int nth,
                                   int error);

}  // namespace recrank
