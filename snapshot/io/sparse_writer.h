// Writes a file in which blocks of zeroes become holes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace recrank {

[[nodiscard]] bool is_zero(std::string_view bytes);

// The file must be empty at first, because zeroes are not written. Does not own the descriptor.
// Throws kIo "cannot write <name>: …". One thread at a time.
class SparseWriter {
 public:
  SparseWriter(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  // Bytes at their place; places may be left out.
  void write_at(std::string_view bytes, uint64_t offset);
  // Gives the file its size, which may end in a hole.
  void finish(uint64_t size);
  // Bytes that took room on the disk so far.
  [[nodiscard]] uint64_t stored_bytes() const { return stored_bytes_; }

 private:
  int fd_;
  std::string name_;
  uint64_t stored_bytes_ = 0;
};

}  // namespace recrank
