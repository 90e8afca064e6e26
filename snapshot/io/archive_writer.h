// Writes a .tar.zst (libarchive) whose bytes depend on nothing but what is put into it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

struct archive;
struct archive_entry;

namespace recrank {

// Bytes of a file that are not a hole.
struct ByteRange {
  uint64_t begin = 0;
  uint64_t end = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// No clock, no owner, no order but that of the calls. The format is pax, with GNU's map for holes.
// Does not own the descriptor. Every failure is kIo "cannot write <shown>: …". One thread.
class ArchiveWriter {
 public:
  ArchiveWriter(int fd, std::string shown);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  // Gives the next bytes of a file; 0 at its end.
  using Source = std::function<size_t(char* data, size_t size)>;

  // `source` must give exactly `bytes` (else kIo that names `name`: the file was changed). `data`:
  // the ranges of bytes that are not holes, in order; empty with bytes > 0: all of it is a hole.
  void add_file(const std::string& name, uint64_t bytes, std::span<const ByteRange> data,
                const Source& source);
  void add_text(const std::string& name, const std::string& text);
  // The same content as an entry that was added before.
  void add_same(const std::string& name, const std::string& earlier);
  // Without it the archive is not whole.
  void finish();

 private:
  friend struct WriterCallbacks;
  void check(long code);

  int fd_;
  std::string shown_;
  int write_errno_ = 0;
  bool closed_ = false;
  bool given_up_ = false;  // what is still to be written goes nowhere
  archive* archive_ = nullptr;
};

}  // namespace recrank
