#include "replay/crash/own_limit.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace recrank {
namespace {

using namespace std::string_view_literals;

// What the C library, Node, Bun, Python, Go, Java, Rust and Ruby say of such a lack.
constexpr std::array kFileWords{"EMFILE"sv, "Too many open files"sv, "too many open files"sv};
constexpr std::array kMemoryWords{"ENOMEM"sv,
                                  "annot allocate memory"sv,
                                  "ould not allocate memory"sv,
                                  "ut of memory"sv,
                                  "OutOfMemoryError"sv,
                                  "bad_alloc"sv,
                                  "MemoryError"sv,
                                  "emory allocation of "sv,
                                  "allocation failed"sv,
                                  "failed to allocate memory"sv,
                                  "failed to map segment"sv};
constexpr std::array kThreadWords{"can't start new thread"sv,
                                  "can't create Thread"sv,
                                  "unable to create native thread"sv,
                                  "unable to create new native thread"sv,
                                  "failed to spawn thread"sv,
                                  "failed to create new OS thread"sv,
                                  "pthread_create"sv,
                                  "uv_thread_create"sv};
constexpr std::array kSizeWords{"EFBIG"sv, "File too large"sv};
constexpr std::array kSandboxWords{"EPERM"sv, "Operation not permitted"sv,
                                   "operation not permitted"sv, "EROFS"sv,
                                   "Read-only file system"sv};

template <typename Words>
bool any_in(std::string_view text, const Words& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view each) {
    return text.find(each) != std::string_view::npos;
  });
}

// A few are kept free of the last: what fails first need not be the very last one.
bool nearly_all(uint64_t taken, uint64_t most) {
  constexpr uint64_t kTenths = 9;
  return most > 0 && taken >= most / 10 * kTenths;
}

std::string with_limit(std::string_view what, const std::string& value, std::string_view option) {
  return std::string(what) + " (" + value + (value.empty() ? "" : ": ") + std::string(option) + ")";
}

std::string files_text(const LimitTraces& traces) {
  const std::string value = traces.open_files_max == 0 ? "" : format_count(traces.open_files_max);
  return with_limit("open files", value, "\"open_files\" in the engine file");
}

std::string memory_text(std::string_view what, const LimitTraces& traces) {
  const std::string value =
      traces.memory_bytes_max == 0 ? "" : format_bytes(traces.memory_bytes_max);
  return with_limit(what, value, "--memory-limit");
}

}  // namespace

std::string own_limit(const LimitTraces& traces, std::string_view words) {
  if (any_in(words, kFileWords)) return files_text(traces);
  if (traces.open_files_max > 0 && traces.open_files >= traces.open_files_max) {
    return files_text(traces);
  }
  if (any_in(words, kThreadWords)) {
    return memory_text("threads, whose stacks take address space", traces);
  }
  if (any_in(words, kMemoryWords) || nearly_all(traces.memory_bytes, traces.memory_bytes_max)) {
    return memory_text("address space", traces);
  }
  // Node's fetch is WebAssembly, which reserves so many addresses; of a failure to do so it says no
  // more than this.
  constexpr uint64_t kReserved = 10ULL << 30;
  const bool too_few = traces.memory_bytes_max > 0 && traces.memory_bytes_max < kReserved;
  if (too_few && words.find("TypeError: fetch failed") != words.npos) {
    return memory_text("address space, of which Node's fetch reserves 10 GiB", traces);
  }
  if (any_in(words, kSizeWords)) return "size of a file";
  if (any_in(words, kSandboxWords)) return "the sandbox: no other process, no network, no writing";
  return "";
}

}  // namespace recrank
