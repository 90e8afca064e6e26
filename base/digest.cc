// The low-level interface is deprecated in OpenSSL 3 and is what this needs: setting up an EVP
// context costs several times as much as the one block that a link of a chain hashes.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/digest.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace recrank {
namespace {

// FIPS 180-4, 5.1.1: what follows 32 bytes in their one block: a one bit, zeroes, the length in
// bits.
constexpr size_t kBlockBytes = 64;
constexpr unsigned char kPadding = 0x80;
constexpr unsigned char kLengthHigh = 1;  // 256 bits, big-endian

void store_words(const SHA256_CTX& context, unsigned char* out) {
  for (size_t i = 0; i < 8; ++i) {
    const SHA_LONG word = context.h[i];
    out[4 * i] = static_cast<unsigned char>(word >> 24);
    out[4 * i + 1] = static_cast<unsigned char>(word >> 16);
    out[4 * i + 2] = static_cast<unsigned char>(word >> 8);
    out[4 * i + 3] = static_cast<unsigned char>(word);
  }
}

}  // namespace

Digest sha256_digest(std::initializer_list<std::string_view> parts) {
  SHA256_CTX context;
  SHA256_Init(&context);
  for (const std::string_view part : parts) SHA256_Update(&context, part.data(), part.size());
  Digest digest;
  SHA256_Final(digest.data(), &context);
  return digest;
}

std::optional<size_t> sha256_prefix(std::string_view before, std::string_view bytes, size_t unit,
                                    const Digest& digest) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, before.data(), before.size());
  for (size_t size = 0;; size += unit) {
    SHA256_CTX ended = context;
    Digest found;
    SHA256_Final(found.data(), &ended);
    if (found == digest) return size;
    if (bytes.size() - size < unit) return std::nullopt;
    SHA256_Update(&context, bytes.data() + size, unit);
  }
}

void sha256_repeat(Digest& value, uint64_t times) {
  std::array<unsigned char, kBlockBytes> block{};
  std::copy(value.begin(), value.end(), block.begin());
  block[value.size()] = kPadding;
  block[kBlockBytes - 2] = kLengthHigh;
  SHA256_CTX first;
  SHA256_Init(&first);
  SHA256_CTX context = first;
  for (uint64_t i = 0; i < times; ++i) {
    std::memcpy(context.h, first.h, sizeof first.h);
    SHA256_Transform(&context, block.data());
    store_words(context, block.data());
  }
  std::copy_n(block.begin(), value.size(), value.begin());
}

Digest digest_at(std::string_view bytes, size_t at) {
  Digest digest;
  RECRANK_CHECK(at + digest.size() <= bytes.size());
  std::memcpy(digest.data(), bytes.data() + at, digest.size());
  return digest;
}

}  // namespace recrank
