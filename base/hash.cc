#include "base/hash.h"

#include <openssl/evp.h>

#include <array>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "base/hex.h"

namespace recrank {
namespace {

void require(int result, const char* function) {
  if (result != 1) throw Error(ErrorCode::kUnsupported, std::string(function) + " failed");
}

std::string digest_hex(std::string_view bytes, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, kind, nullptr),
          "EVP_Digest");
  return to_hex(digest.data(), size);
}

}  // namespace

struct Sha256::Context {
  Context() : md(EVP_MD_CTX_new()) {
    if (md == nullptr) throw Error(ErrorCode::kUnsupported, "EVP_MD_CTX_new failed");
  }
  ~Context() { EVP_MD_CTX_free(md); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  void begin() { require(EVP_DigestInit_ex(md, EVP_sha256(), nullptr), "EVP_DigestInit_ex"); }

  EVP_MD_CTX* md;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { context_->begin(); }
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()), "EVP_DigestUpdate");
}

std::string Sha256::finish_hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(context_->md, digest.data(), &size), "EVP_DigestFinal_ex");
  context_->begin();
  return to_hex(digest.data(), size);
}

std::string sha256_hex(std::string_view bytes) { return digest_hex(bytes, EVP_sha256()); }
std::string sha512_hex(std::string_view bytes) { return digest_hex(bytes, EVP_sha512()); }

std::string sha256_hex_of_file(const std::filesystem::path& path) {
  constexpr size_t kChunkBytes = 1 << 16;
  const UniqueFd fd = open_for_read(path);
  std::vector<char> chunk(kChunkBytes);
  Sha256 hash;
  while (const size_t got = read_some(fd.get(), chunk.data(), chunk.size(), path.string())) {
    hash.update({chunk.data(), got});
  }
  return hash.finish_hex();
}

}  // namespace recrank
