// A real redis-server that a test records: it appends its commands, and the test notes its digests.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/scratch_dir.h"

namespace recrank::testing_support {

// Whether there is one on PATH of version 7 or later. Else a test skips.
[[nodiscard]] bool have_redis();

class RedisServer {
 public:
  // Starts it over an empty directory; its base holds nothing.
  RedisServer();
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // Its answer as text; of an array nothing but that it is one.
  std::string tell(const std::vector<std::string>& words);
  // As docs/adding-a-system.md does: the size of the file of commands, and the digest.
  void note_digest();
  // Makes what is there the base, with no command behind it.
  void rewrite();
  void stop();
  // Is killed, as a machine that loses its power would.
  void die();

  [[nodiscard]] std::filesystem::path recording() const {
    return directory_.path() / "appendonlydir";
  }
  [[nodiscard]] std::filesystem::path commands() const;  // its file of commands

 private:
  ScratchDir directory_;
  pid_t pid_ = -1;
};

}  // namespace recrank::testing_support
