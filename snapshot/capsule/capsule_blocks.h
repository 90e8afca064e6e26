// Runs of steps, packed: the blocks of a capsule.
// Format: docs/formats/capsule.md ("Block")
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "snapshot/capsule/capsule_step.h"
#include "snapshot/io/zstd_stream.h"
#include "snapshot/step.h"

namespace recrank {

// Collects steps until full() and gives the bytes of the block. Memory: the packed block.
class CapsuleBlockWriter {
 public:
  // `place` begins the text of errors.
  void add(const Step& step, const std::string& place);
  [[nodiscard]] bool empty() const { return steps_ == 0; }
  [[nodiscard]] bool full() const;
  [[nodiscard]] uint64_t first_step() const { return first_step_; }
  // The block; what follows goes into a new one.
  [[nodiscard]] std::string take();

 private:
  std::unique_ptr<ZstdPacker> packer_;
  std::string packed_;
  uint64_t first_step_ = 0;
  uint64_t steps_ = 0;
};

// Eight bytes, the lowest first.
[[nodiscard]] std::string number_bytes(uint64_t value);

// The steps that a block claims to hold, from its head alone; empty where that is no head.
[[nodiscard]] StepRange capsule_block_range(std::string_view block);

// Reads a block out of memory that outlives it. The constructor checks head and hash, next() every
// number and length. kInvalidData "<place>: …". One thread.
class CapsuleBlockReader {
 public:
  CapsuleBlockReader(std::string_view block, std::string place, CapsuleForm form_max);

  [[nodiscard]] uint64_t first_step() const { return next_ - done_; }
  [[nodiscard]] uint64_t steps() const { return steps_; }
  [[nodiscard]] std::string_view sha256() const { return sha256_; }
  // False behind the last one, when the block is also proved to end there.
  [[nodiscard]] bool next(Step& step);

 private:
  [[noreturn]] void fail(const std::string& what) const;

  std::string place_;
  CapsuleForm form_max_;
  std::string_view sha256_;
  uint64_t next_ = 0;
  uint64_t steps_ = 0;
  uint64_t done_ = 0;
  uint64_t left_bytes_ = 0;
  std::unique_ptr<ZstdUnpacker> unpacker_;
};

}  // namespace recrank
