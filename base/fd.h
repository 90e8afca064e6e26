// File descriptors: one owner each, closed on exec, every failure an Error that names the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace recrank {

// Owns one descriptor; move-only. Not thread-safe.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

// Both ends are close-on-exec and numbered 10 or above, so that a child's fixed descriptors
// (0 to 8) can be laid over them without a clash.
[[nodiscard]] Pipe make_pipe();

// Opens a regular file for reading. Throws kIo naming the path; a directory or a device is refused.
[[nodiscard]] UniqueFd open_for_read(const std::filesystem::path& path);

// A nameless file that vanishes with its last descriptor, in `directory`.
[[nodiscard]] UniqueFd open_nameless(const std::filesystem::path& directory);

[[nodiscard]] uint64_t file_size(int fd, std::string_view name);

// O_NONBLOCK from now on.
void make_nonblocking(int fd);
// Whether an errno says that the call is to be made again later.
[[nodiscard]] bool would_block(int error);

// Reads up to `size` bytes; 0 means end of file. `name` is for the error text.
[[nodiscard]] size_t read_some(int fd, char* data, size_t size, std::string_view name);
[[nodiscard]] size_t read_some_at(int fd, char* data, size_t size, uint64_t offset,
                                  std::string_view name);
// Reads exactly `size` bytes at `offset`; a shorter file is kInvalidData.
void read_exactly_at(int fd, char* data, size_t size, uint64_t offset, std::string_view name);

void write_all(int fd, std::string_view bytes, std::string_view name);

// The whole of a file that is known to be small; more than `limit_bytes` is kInvalidData.
[[nodiscard]] std::string read_small_file(const std::filesystem::path& path, size_t limit_bytes);

}  // namespace recrank
