// Format: docs/formats/montana.md
#include "snapshot/montana/montana_format.h"

#include "base/check.h"

namespace recrank::montana {
namespace {

constexpr std::string_view kZero{"\0", 1};

uint64_t read_number(std::string_view bytes, size_t at, size_t size) {
  RECRANK_CHECK(at + size <= bytes.size());
  uint64_t value = 0;
  for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

uint64_t read_u64(std::string_view bytes, size_t at) { return read_number(bytes, at, 8); }
uint32_t read_u32(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(read_number(bytes, at, 4));
}
uint16_t read_u16(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(read_number(bytes, at, 2));
}

void write_u64(char* bytes, uint64_t value) {
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
}

Digest tagged_hash(std::string_view domain, std::string_view first, std::string_view second,
                   std::string_view third) {
  return sha256_digest({domain, kZero, first, second, third});
}

Roots roots_in(std::string_view header) {
  return {digest_at(header, kNodeRoot), digest_at(header, kCandidateRoot),
          digest_at(header, kAccountRoot)};
}

Digest state_root_of(const Roots& roots) {
  return tagged_hash("mt-state-root", bytes_of(roots.node), bytes_of(roots.candidate),
                     bytes_of(roots.account));
}

Digest proposal_hash(std::string_view header) {
  return tagged_hash("mt-proposal", header.substr(0, kSignature));
}

}  // namespace recrank::montana
