// Format: docs/formats/capsule.md ("Block")
#include "snapshot/capsule/capsule_blocks.h"

#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/hex.h"
#include "base/little_endian.h"
#include "base/text.h"
#include "snapshot/capsule/capsule_format.h"

namespace recrank {
std::string number_bytes(uint64_t value) {
  std::string bytes;
  add_number(bytes, value, 8);
  return bytes;
}

std::string capsule_steps_key(uint64_t first_step) {
  return std::string(kCapsuleStepsPrefix) + number_to_hex(first_step, 16);
}

std::string capsule_value_key(std::string_view sha256) {
  return std::string(kCapsuleValuePrefix) + std::string(sha256);
}

void CapsuleBlockWriter::add(const Step& step, const std::string& place) {
  if (steps_ == 0) {
    first_step_ = step.number;
    packer_ = std::make_unique<ZstdPacker>([this](std::string_view piece) { packed_ += piece; });
  }
  RECRANK_CHECK(step.number == first_step_ + steps_);
  encode_capsule_step(step, place, [this](std::string_view piece) { packer_->write(piece); });
  ++steps_;
}

bool CapsuleBlockWriter::full() const {
  return steps_ >= kCapsuleBlockSteps || (packer_ && packer_->raw_bytes() >= kCapsuleBlockBytes);
}

std::string CapsuleBlockWriter::take() {
  packer_->finish();
  std::string body = number_bytes(first_step_) + number_bytes(steps_) +
                     number_bytes(packer_->raw_bytes()) + packed_;
  packer_.reset();
  packed_.clear();
  steps_ = 0;
  return sha256_hex(body) + body;
}

StepRange capsule_block_range(std::string_view block) {
  if (block.size() < kCapsuleBlockHeadBytes) return {};
  const uint64_t first = read_u64(block, kCapsuleHashBytes);
  const uint64_t steps = read_u64(block, kCapsuleHashBytes + 8);
  if (first > kCapsuleStepNumberMax || steps > kCapsuleBlockSteps) return {};
  return {first, first + steps};
}

CapsuleBlockReader::CapsuleBlockReader(std::string_view block, std::string place,
                                       CapsuleForm form_max)
    : place_(std::move(place)), form_max_(form_max) {
  if (block.size() < kCapsuleBlockHeadBytes) fail("shorter than its head");
  sha256_ = block.substr(0, kCapsuleHashBytes);
  const std::string_view body = block.substr(kCapsuleHashBytes);
  if (const std::string found = sha256_hex(body); found != sha256_) {
    fail("has sha256 " + found + ", recorded " + printable(sha256_, 80));
  }
  next_ = read_u64(body, 0);
  steps_ = read_u64(body, 8);
  left_bytes_ = read_u64(body, 16);
  if (steps_ == 0 || steps_ > kCapsuleBlockSteps || next_ > kCapsuleStepNumberMax) {
    fail("a block of " + std::to_string(steps_) + " steps from " + std::to_string(next_));
  }
  unpacker_ = std::make_unique<ZstdUnpacker>(block.substr(kCapsuleBlockHeadBytes), place_);
}

void CapsuleBlockReader::fail(const std::string& what) const {
  throw Error(ErrorCode::kInvalidData, place_ + ": " + what);
}

bool CapsuleBlockReader::next(Step& step) {
  if (done_ == steps_) {
    char byte = 0;
    if (left_bytes_ != 0 || unpacker_->read(&byte, 1) != 0) fail("bytes behind its last step");
    return false;
  }
  const std::string place = place_ + ": step " + std::to_string(next_);
  const CapsuleRecord record{left_bytes_, place, form_max_};
  left_bytes_ -= decode_capsule_step(
      step, record, [this](char* data, size_t size) { unpacker_->read_exactly(data, size); });
  if (step.number != next_) {
    throw Error(ErrorCode::kInvalidData, place + ": has number " + std::to_string(step.number));
  }
  ++next_;
  ++done_;
  return true;
}

}  // namespace recrank
