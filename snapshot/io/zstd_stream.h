// One zstd frame in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "snapshot/io/inflate.h"

namespace recrank {

// Packs what it is given into one frame. Equal bytes in equal pieces give equal output with one
// version of libzstd. One thread at a time.
class ZstdPacker {
 public:
  explicit ZstdPacker(ByteSink sink);
  ~ZstdPacker();
  ZstdPacker(const ZstdPacker&) = delete;
  ZstdPacker& operator=(const ZstdPacker&) = delete;

  void write(std::string_view piece);
  void finish();  // once, last
  [[nodiscard]] uint64_t raw_bytes() const { return raw_bytes_; }

 private:
  struct Context;
  void run(std::string_view piece, bool last);

  ByteSink sink_;
  std::unique_ptr<Context> context_;
  std::string out_;
  uint64_t raw_bytes_ = 0;
};

// Unpacks one frame out of memory that outlives it. Damage is kInvalidData "<name>: …". Uses at
// most some 8 MiB, whatever the frame claims. One thread at a time.
class ZstdUnpacker {
 public:
  ZstdUnpacker(std::string_view frame, std::string name);
  ~ZstdUnpacker();
  ZstdUnpacker(const ZstdUnpacker&) = delete;
  ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;

  // Up to `size` bytes; 0 at the end of the frame, behind which nothing may stand.
  [[nodiscard]] size_t read(char* data, size_t size);
  // Exactly `size` bytes; an earlier end is damage.
  void read_exactly(char* data, size_t size);

 private:
  struct Context;

  std::string_view frame_;
  size_t at_ = 0;
  bool ended_ = false;
  std::string name_;
  std::unique_ptr<Context> context_;
};

}  // namespace recrank
