// Runs the built program as a user would, for tests of the whole.
#pragma once

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace recrank::testing_support {

struct Ran {
  int status = -1;  // 128 + signal when it died by one
  std::string out;
  std::string err;
};

struct RunOptions {
  std::vector<std::string> environment;  // "NAME=value", added to a fixed small one
  double interrupt_after_s = 0;          // above 0: `signal` is sent then
  std::filesystem::path directory;       // working directory; empty: unchanged
  int signal = SIGINT;
};

// Waits for the end; kills it after two minutes (status 137).
[[nodiscard]] Ran run_recrank(const std::vector<std::string>& words,
                              const RunOptions& options = {});

// Any other program, found on PATH.
[[nodiscard]] Ran run_program(const std::vector<std::string>& words,
                              const RunOptions& options = {});

}  // namespace recrank::testing_support
