// bench_slog [MIB]: makes pairs of equal slogs of a third, two thirds and the whole of MIB (90), of
// few and of many vats, and compares them in this process. Prints a table and the ratios that
// docs/performance.md states: what twice the length, and eight times the vats, cost. Ratios are of
// CPU time, which a busy machine hardly changes.

#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/scratch_dir.h"
#include "replay/compare/compare_recordings.h"
#include "replay/process/proc_usage.h"
#include "snapshot/open/open_recording.h"
#include "tests/support/replay/slog_generator.h"

namespace {

using namespace recrank;
using Clock = std::chrono::steady_clock;

constexpr size_t kFewVats = 5;
constexpr size_t kManyVats = 40;

double since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double mib(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

// From here on the peak is that of what follows (proc(5)), which finds no memory left over.
void forget_peak() {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

// All that this process has read from files so far.
uint64_t bytes_read() {
  std::ifstream io("/proc/self/io");
  std::string name;
  uint64_t value = 0;
  while (io >> name >> value) {
    if (name == "rchar:") return value;
  }
  return 0;
}

struct Figures {
  double open_s = 0;
  double compare_s = 0;
  double open_cpu_s = 0;
  double compare_cpu_s = 0;
  uint64_t read_bytes = 0;  // in both
  uint64_t peak_growth_bytes = 0;
  [[nodiscard]] double cpu_s() const { return open_cpu_s + compare_cpu_s; }
};

Figures measure(const std::filesystem::path& a, const std::filesystem::path& b,
                uint64_t deliveries) {
  Figures figures;
  forget_peak();
  const uint64_t before = resident_bytes(::getpid());
  const uint64_t read_before = bytes_read();
  const double opened_at_cpu = thread_cpu_s();
  const auto opened_at = Clock::now();
  const auto in_a = open_recording(a);
  const auto in_b = open_recording(b);
  figures.open_s = since(opened_at);
  figures.open_cpu_s = thread_cpu_s() - opened_at_cpu;
  const double compared_at_cpu = thread_cpu_s();
  const auto compared_at = Clock::now();
  const CompareResult result = compare_recordings(*in_a, *in_b, {}, Interrupt());
  figures.compare_s = since(compared_at);
  figures.compare_cpu_s = thread_cpu_s() - compared_at_cpu;
  figures.read_bytes = bytes_read() - read_before;
  figures.peak_growth_bytes = peak_resident_bytes(::getpid()) - before;
  if (result.kind != VerdictKind::kClean || result.counts.deliveries != deliveries) {
    std::fprintf(stderr, "not clean: %s\n", result.reason.c_str());
    std::exit(1);
  }
  return figures;
}

Figures bench(SlogText::Dialect dialect, size_t vats, uint64_t bytes) {
  const ScratchDir scratch;
  const auto a = scratch.path() / "a.slog";
  const auto b = scratch.path() / "b.slog";
  const WrittenSlog written = write_slog(a, {.dialect = dialect, .vats = vats, .bytes = bytes});
  std::filesystem::copy_file(a, b);
  const Figures figures = measure(a, b, written.deliveries);
  const double both_mib = 2 * mib(written.bytes);
  std::printf("%-6s %5zu %8.0f %11llu %8.2f %10.2f %8.2f %8.0f %10.1f %12.1f\n",
              dialect == SlogText::kOf2024 ? "later" : "2021", vats, mib(written.bytes),
              static_cast<unsigned long long>(written.deliveries), figures.open_s,
              figures.compare_s, figures.cpu_s(), both_mib / figures.cpu_s(),
              mib(figures.read_bytes) / both_mib, mib(figures.peak_growth_bytes));
  std::fflush(stdout);
  return figures;
}

void bench_format(SlogText::Dialect dialect, uint64_t bytes) {
  const Figures third = bench(dialect, kFewVats, bytes / 3);
  const Figures two_thirds = bench(dialect, kFewVats, bytes * 2 / 3);
  const Figures few = bench(dialect, kFewVats, bytes);
  bench(dialect, kManyVats, bytes / 3);
  bench(dialect, kManyVats, bytes * 2 / 3);
  const Figures many = bench(dialect, kManyVats, bytes);
  std::printf("twice the length: %.2f  eight times the vats: %.2f (compare alone %.2f)\n",
              two_thirds.cpu_s() / third.cpu_s(), many.cpu_s() / few.cpu_s(),
              many.compare_cpu_s / few.compare_cpu_s);
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t size_mib = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 90;
  if (size_mib < 3) {
    std::fprintf(stderr, "usage: bench_slog [MIB, at least 3]\n");
    return 129;
  }
  std::printf("%-6s %5s %8s %11s %8s %10s %8s %8s %10s %12s\n", "format", "vats", "MiB each",
              "deliveries", "open s", "compare s", "CPU s", "MiB/s", "read/size", "memory MiB");
  bench_format(SlogText::kOf2024, size_mib << 20);
  bench_format(SlogText::kOf2021, size_mib << 20);
  return 0;
}
