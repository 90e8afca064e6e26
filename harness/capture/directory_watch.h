// Keeps what a program writes into a directory below a size.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <thread>

#include "base/interrupt.h"

namespace recrank {

// The bytes that the files below `directory` take on the disk. 0 for what vanishes meanwhile.
[[nodiscard]] uint64_t directory_bytes(const std::filesystem::path& directory);

// Looks every 50 ms from its construction to stop() on a thread of its own, and requests
// `interrupt` once when there is more than `limit_bytes`. What it refers to must outlive it.
class DirectoryWatch {
 public:
  DirectoryWatch(std::filesystem::path directory, uint64_t limit_bytes, Interrupt& interrupt);
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

  // Looks once more and ends. True: the limit was passed, then or before.
  [[nodiscard]] bool stop();

 private:
  void look();

  std::filesystem::path directory_;
  uint64_t limit_bytes_;
  Interrupt& interrupt_;
  std::atomic<bool> passed_{false};
  std::jthread thread_;  // last: it uses what stands above
};

}  // namespace recrank
