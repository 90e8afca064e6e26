// SHA-256 and SHA-512 (OpenSSL libcrypto), as lower-case hex text.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace recrank {

[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] std::string sha512_hex(std::string_view bytes);
[[nodiscard]] std::string sha256_hex_of_file(const std::filesystem::path& path);

// Digest of bytes that come in pieces. Move-only; one thread at a time.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::string_view bytes);
  // Gives the digest of all bytes so far and begins anew.
  [[nodiscard]] std::string finish_hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace recrank
