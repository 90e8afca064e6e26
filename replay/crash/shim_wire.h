// What recrank and recrank-shim tell each other.
//
// recrank starts `recrank-shim --attach PID --parent PID` with these descriptors and no others:
//   0, 1, 2  /dev/null
//   3        a pipe that the shim writes ShimMessages into; its end is the end of the shim
//   4        a nameless file that takes the crash report: whole before kReport names its size
// recrank sends SIGUSR1 to ask for the report of a hang. The engine has neither descriptor: they
// are close-on-exec in recrank, and the shim is not its parent.
#pragma once

#include <cstdint>

namespace recrank {

inline constexpr int kShimMessageFd = 3;
inline constexpr int kShimReportFd = 4;

enum class ShimNews : int32_t {
  kAttached = 1,  // the engine is traced
  kRefused = 2,   // it cannot be; value: errno. The shim ends
  kFatal = 3,     // a signal is about to end the engine; value: its number. A report follows
  kReport = 4,    // value: the bytes of the report
};

struct ShimMessage {
  ShimNews news = ShimNews::kAttached;
  int32_t value = 0;
};

// How long the shim may take for one report before it gives what it has.
inline constexpr int kShimReportTimeout_s = 20;

}  // namespace recrank
