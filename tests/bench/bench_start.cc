// bench_start [STARTS]: starts a program that ends at once, in turn on each rung of the sandbox's
// ladder, and prints what a start and end takes there: the middle of STARTS (200), in
// milliseconds, and what namespaces add. docs/performance.md states the figures.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/process/containment.h"
#include "replay/process/namespaces.h"
#include "replay/process/worker_process.h"

namespace {

using namespace recrank;
using Clock = std::chrono::steady_clock;

double start_ms(const char* rung, CaptureMode capture) {
  set_containment_policy(parse_containment_policy(rung));
  const Interrupt interrupt;
  WorkerCommand command;
  command.program = "/usr/bin/true";
  command.memory_bytes = 1ULL << 30;
  command.cpu_s = 60;
  command.capture.mode = capture;
  const Clock::time_point begin = Clock::now();
  {
    WorkerProcess process(std::move(command), interrupt);
    process.finish(std::chrono::milliseconds(20'000));
  }
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double middle(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int starts = argc > 1 ? std::atoi(argv[1]) : 200;
  if (const std::string why = try_namespaces(); !why.empty()) {
    std::fprintf(stderr, "no namespaces here: %s\n", why.c_str());
    return 1;
  }
  for (const auto& [name, capture] :
       {std::pair{"untraced", CaptureMode::kNone}, std::pair{"traced", CaptureMode::kShim}}) {
    std::vector<double> with;
    std::vector<double> without;
    for (int i = 0; i < starts; ++i) {
      with.push_back(start_ms("auto", capture));
      without.push_back(start_ms("auto,no-namespaces", capture));
    }
    std::printf("%-9s with namespaces %6.2f ms, without %6.2f ms, added %6.2f ms\n", name,
                middle(with), middle(without), middle(with) - middle(without));
  }
  return 0;
}
