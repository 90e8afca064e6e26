// bench_replay RECRANK RECORDING VAT ENGINE_DIR TAPE BARE_DRIVER [PAIRS]: a replay and the blind
// driver in turn, so that a drift of the machine's speed meets both; then one job against two, and
// the tracer that looks at crashes against none.
// Prints a table of medians and the ratios that docs/performance.md states targets for.

#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using nlohmann::json;

// Runs a shell command and parses the one JSON object that it prints.
json output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) std::abort();
  std::string text;
  char chunk[4096];
  while (const size_t got = std::fread(chunk, 1, sizeof chunk, pipe)) text.append(chunk, got);
  if (::pclose(pipe) != 0) {
    std::fprintf(stderr, "failed: %s\n%s\n", command.c_str(), text.c_str());
    std::exit(1);
  }
  return json::parse(text);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct Samples {
  std::vector<double> wall, own_cpu, replay_cpu, engine_cpu, own_rss_mb;
  void print(const char* name) const {
    std::printf("%-22s %8.2f %10.2f %12.2f %10.1f\n", name, median(wall), median(own_cpu),
                median(engine_cpu), own_rss_mb.empty() ? 0.0 : median(own_rss_mb));
  }
};

std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out;
  for (size_t i = 0; i < a.size(); ++i) out.push_back(a[i] / b[i]);
  return out;
}

void add_replay(Samples& samples, const json& report) {
  if (report.at("verdict").at("kind") != "clean") {
    std::fprintf(stderr, "the replay was not clean: %s\n", report.at("verdict").dump().c_str());
    std::exit(1);
  }
  samples.wall.push_back(report.at("cost").at("process_wall_s"));
  samples.own_cpu.push_back(report.at("cost").at("harness_cpu_s"));
  samples.replay_cpu.push_back(report.at("cost").at("harness_cpu_s").get<double>() -
                               report.at("cost").at("evidence_cpu_s").get<double>());
  samples.engine_cpu.push_back(report.at("cost").at("engine_cpu_s"));
  samples.own_rss_mb.push_back(report.at("cost").at("harness_peak_rss_bytes").get<double>() / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) {
    std::fprintf(stderr,
                 "usage: bench_replay RECRANK RECORDING VAT ENGINE_DIR TAPE BARE_DRIVER [PAIRS]\n");
    return 129;
  }
  const std::string replay = std::string(argv[1]) + " replay " + argv[2] + " --vat " + argv[3] +
                             " --engine " + argv[4] + " --json - ";
  const std::string bare = std::string(argv[6]) + " " + argv[5] + " " + argv[4] + "/xsnap-worker";
  const int pairs = argc > 7 ? std::atoi(argv[7]) : 5;
  Samples ours, blind, two_jobs, untraced;
  for (int i = 0; i < pairs; ++i) {
    add_replay(ours, output_of(replay));
    const json floor = output_of(bare);
    blind.wall.push_back(floor.at("wall_s"));
    blind.own_cpu.push_back(floor.at("own_cpu_s"));
    blind.engine_cpu.push_back(floor.at("worker_cpu_s"));
    add_replay(untraced, output_of(replay + "--capture none"));
    add_replay(two_jobs, output_of(replay + "--jobs 2"));
  }
  std::printf("%d runs each in turn, medians    wall s  own CPU s  engine CPU s  own MB\n", pairs);
  ours.print("recrank, one job");
  untraced.print("recrank --capture none");
  blind.print("blind driver");
  two_jobs.print("recrank --jobs 2");
  std::printf("wall, recrank / blind driver     %.3f   (target at most 1.03)\n",
              median(ratios(ours.wall, blind.wall)));
  std::printf("own CPU, recrank / blind driver  %.2f    (target at most 1.5)\n",
              median(ratios(ours.own_cpu, blind.own_cpu)));
  std::printf("the same without the check of the evidence before  %.2f\n",
              median(ratios(ours.replay_cpu, blind.own_cpu)));
  std::printf("wall, one job / two jobs         %.2f    (target at least 1.8)\n",
              median(ratios(ours.wall, two_jobs.wall)));
  std::printf("wall, traced / --capture none    %.3f   (target at most 1.01)\n",
              median(ratios(ours.wall, untraced.wall)));
  std::printf("own memory                       %.1f MB (target at most 48)\n",
              median(ours.own_rss_mb));
  return 0;
}
