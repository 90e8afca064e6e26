#include "base/base64.h"

#include <openssl/evp.h>

#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace recrank {

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return std::string();
  text = text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
  if (text.size() % 4 != 0 || text.size() > std::numeric_limits<int>::max()) return std::nullopt;
  const size_t filled = text.find('=') == std::string_view::npos ? text.size() : text.find('=');
  const size_t padding = text.size() - filled;
  if (padding > 2 || text.substr(filled).find_first_not_of('=') != std::string_view::npos) {
    return std::nullopt;
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  const int got = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                  reinterpret_cast<const unsigned char*>(text.data()),
                                  static_cast<int>(text.size()));
  if (got < 0) return std::nullopt;
  bytes.resize(static_cast<size_t>(got) - padding);  // it counts the padding as zero bytes
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  if (bytes.size() > static_cast<size_t>(std::numeric_limits<int>::max()) / 2) {
    throw Error(ErrorCode::kUnsupported, "base64 of " + format_bytes(bytes.size()));
  }
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock adds a NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

}  // namespace recrank
