#include "replay/crash/own_limit.h"

#include <gtest/gtest.h>

namespace recrank {
namespace own_limit_test {

constexpr uint64_t kGiB = 1ULL << 30;

TEST(OwnLimit, IsNamedByWhatWasTaken) {
  EXPECT_EQ(own_limit({64, 64, 6 * kGiB, kGiB}, ""),
            "open files (64: \"open_files\" in the engine file)");
  EXPECT_EQ(own_limit({64, 12, 6 * kGiB, 6 * kGiB - 4096}, ""),
            "address space (6.0 GiB: --memory-limit)");
  EXPECT_EQ(own_limit({64, 12, 6 * kGiB, kGiB}, "TypeError: x is not a function"), "");
}

TEST(OwnLimit, IsNamedByTheProgramsOwnWords) {
  const LimitTraces traces{1024, 0, 6 * kGiB, 0};
  for (const char* words :
       {"Error: EMFILE: too many open files, open 'a'", "Too many open files"}) {
    EXPECT_EQ(own_limit(traces, words), "open files (1,024: \"open_files\" in the engine file)");
  }
  for (const char* words :
       {"RangeError: WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory",
        "MemoryError", "std::bad_alloc", "java.lang.OutOfMemoryError: Java heap space",
        "memory allocation of 8 bytes failed"}) {
    EXPECT_EQ(own_limit(traces, words), "address space (6.0 GiB: --memory-limit)") << words;
  }
  const char* const fetch = R"({"error":"TypeError: fetch failed"})";
  EXPECT_EQ(own_limit(traces, fetch),
            "address space, of which Node's fetch reserves 10 GiB (6.0 GiB: --memory-limit)");
  EXPECT_EQ(own_limit({1024, 0, 24 * kGiB, 0}, fetch), "");
  EXPECT_EQ(own_limit(traces, "RuntimeError: can't start new thread"),
            "threads, whose stacks take address space (6.0 GiB: --memory-limit)");
  EXPECT_EQ(own_limit(traces, "Error: spawn EPERM"),
            "the sandbox: no other process, no network, no writing");
}

}  // namespace own_limit_test
}  // namespace recrank
