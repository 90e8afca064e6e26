// The report of a command, for tests of the whole.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/snapshot/recrank_process.h"

namespace recrank::testing_support {

// Of a command that must end with `status`.
inline nlohmann::json report_of(std::vector<std::string> words, int status) {
  words.insert(words.end(), {"--json", "-"});
  const Ran ran = run_recrank(words);
  EXPECT_EQ(ran.status, status) << ran.out << ran.err;
  return nlohmann::json::parse(ran.out);
}

}  // namespace recrank::testing_support
