// Reads a record of a capsule piece by piece: never more than is there, and memory only as bytes
// arrive, so that a length that lies costs nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>

namespace recrank {

struct CapsuleRecordReader {
  uint64_t left_bytes;       // so many are there at most
  const std::string& place;  // begins the text of errors
  const std::function<void(char* data, size_t size)>& read_exactly;

  // kInvalidData.
  [[noreturn]] void fail(const std::string& what) const;
  // They are going to be read; fails when fewer are left.
  void take(uint64_t size, const char* what);
  [[nodiscard]] std::string bytes(size_t size, const char* what);
  // The caller has taken them.
  void append(std::string& out, uint64_t size) const;

  // Calls take_row(bytes, at) for each row of a list.
  template <typename TakeRow>
  void rows(uint64_t count, size_t row_bytes, const char* what, TakeRow take_row) {
    take(count * row_bytes, what);
    std::string piece;
    for (uint64_t done = 0; done < count;) {
      const uint64_t some = std::min<uint64_t>(count - done, kPieceBytes / row_bytes);
      piece.clear();
      append(piece, some * row_bytes);
      for (uint64_t i = 0; i < some; ++i) take_row(piece, i * row_bytes);
      done += some;
    }
  }

 private:
  static constexpr size_t kPieceBytes = size_t{1} << 20;
};

}  // namespace recrank
