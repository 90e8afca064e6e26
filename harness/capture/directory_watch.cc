#include "harness/capture/directory_watch.h"

#include <sys/stat.h>

#include <chrono>
#include <system_error>
#include <utility>

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kInterval{50};

}  // namespace

uint64_t directory_bytes(const fs::path& directory) {
  uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    struct stat status {};
    if (::lstat(it->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    bytes += static_cast<uint64_t>(status.st_blocks) * 512;
  }
  return bytes;
}

DirectoryWatch::DirectoryWatch(fs::path directory, uint64_t limit_bytes, Interrupt& interrupt)
    : directory_(std::move(directory)),
      limit_bytes_(limit_bytes),
      interrupt_(interrupt),
      thread_([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          look();
          std::this_thread::sleep_for(kInterval);
        }
      }) {}

void DirectoryWatch::look() {
  if (directory_bytes(directory_) <= limit_bytes_ || passed_.exchange(true)) return;
  interrupt_.request();
}

bool DirectoryWatch::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  look();
  return passed_;
}

}  // namespace recrank
