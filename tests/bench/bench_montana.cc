// bench_montana [WINDOWS]: makes Montana chains in a scratch directory and replays them in this
// process: what a window costs in a short chain, in one of WINDOWS (10,000), and with large tables.
// Prints a table and the ratio that docs/performance.md states a target for.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/scratch_dir.h"
#include "replay/judge/replay.h"
#include "replay/montana/montana_engine.h"
#include "replay/process/proc_usage.h"
#include "snapshot/open/open_recording.h"
#include "tests/support/snapshot/montana_generator.h"

namespace {

using namespace recrank;

double since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct Case {
  const char* name;
  MontanaChain chain;
  uint64_t windows;
};

// Microseconds of replay for each window.
double bench(const Case& each) {
  const ScratchDir scratch;
  const auto directory = scratch.path() / "node";
  MontanaGenerator(directory, each.chain).run(4).save().run(each.windows);
  const auto opened_at = std::chrono::steady_clock::now();
  const auto recording = open_recording(directory);
  const double open_s = since(opened_at);
  ReplayRequest request;
  request.subject_id = "node";
  const ReplayPlan plan = plan_replay(*recording, request);
  const auto verified_at = std::chrono::steady_clock::now();
  const bool sound =
      recording->verify({"node", plan.range, VerifyParts::kAllButHeaps}).damage.empty();
  const double verify_s = since(verified_at);
  const auto engine = montana::make_montana_engine();
  const ReplayResult result = replay(*recording, *engine, request, plan, Interrupt(), nullptr);
  if (!sound || result.verdict.kind != VerdictKind::kClean ||
      result.compared.steps != each.windows) {
    std::fprintf(stderr, "%s: not clean: %s\n", each.name, result.verdict.reason.c_str());
    std::exit(1);
  }
  const double window_us = result.cost.wall_s * 1e6 / static_cast<double>(each.windows);
  std::printf("%-34s %8llu %8.2f %8.2f %8.2f %10.0f\n", each.name,
              static_cast<unsigned long long>(each.windows), open_s, verify_s, result.cost.wall_s,
              window_us);
  return window_us;
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t windows = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  if (windows < 100) {
    std::fprintf(stderr, "usage: bench_montana [WINDOWS, at least 100]\n");
    return 129;
  }
  std::printf("%-34s %8s %8s %8s %8s %10s\n", "chain", "windows", "open s", "check s", "replay s",
              "µs each");
  const MontanaChain small{.nodes = 10, .accounts = 10, .confirmers = 2};
  const double brief = bench({"10 nodes, 2 confirmers", small, windows / 10});
  const double whole = bench({"10 nodes, 2 confirmers", small, windows});
  bench({"2,000 nodes, 2 confirmers",
         {.nodes = 2000, .accounts = 2000, .confirmers = 2},
         windows / 10});
  std::printf("a window of the long chain / of the short one: %.2f\n", whole / brief);
  return 0;
}
