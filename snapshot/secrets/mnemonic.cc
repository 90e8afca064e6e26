#include "snapshot/secrets/mnemonic.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "base/hash.h"

namespace recrank {

extern const std::string_view kMnemonicWordsJson;

namespace {

constexpr size_t kListWords = 2048;
constexpr unsigned kWordBits = 11;
constexpr size_t kRowMax = 48;  // more in a row is no mnemonic with some words before it
constexpr std::array<size_t, 5> kSizes{12, 15, 18, 21, 24};

const std::unordered_map<std::string_view, unsigned>& known_words() {
  static const std::vector<std::string> list =
      nlohmann::json::parse(kMnemonicWordsJson).get<std::vector<std::string>>();
  static const auto words = [] {
    RECRANK_CHECK(list.size() == kListWords);
    std::unordered_map<std::string_view, unsigned> out;
    for (unsigned i = 0; i < list.size(); ++i) out.emplace(list[i], i);
    return out;
  }();
  return words;
}

struct RowWord {
  size_t offset;
  unsigned number;
};

// The last bits, one of 33, are the first of the hash of all others.
bool checksum_holds(const RowWord* words, size_t count) {
  const size_t checksum_bits = count * kWordBits / 33;
  const size_t entropy_bits = count * kWordBits - checksum_bits;
  std::string entropy(entropy_bits / 8, '\0');
  unsigned checksum = 0;
  for (size_t bit = 0; bit < count * kWordBits; ++bit) {
    const unsigned number = words[bit / kWordBits].number;
    const unsigned value = number >> (kWordBits - 1 - bit % kWordBits) & 1U;
    if (bit < entropy_bits) {
      const unsigned byte = static_cast<unsigned char>(entropy[bit / 8]);
      entropy[bit / 8] = static_cast<char>(byte << 1 | value);
    } else {
      checksum = checksum << 1 | value;
    }
  }
  const auto first =
      static_cast<unsigned>(std::stoul(sha256_hex(entropy).substr(0, 2), nullptr, 16));
  return first >> (8 - checksum_bits) == checksum;
}

std::optional<size_t> find_in_row(const std::vector<RowWord>& row) {
  if (row.size() < kSizes.front() || row.size() > kRowMax) return std::nullopt;
  for (size_t begin = 0; begin < row.size(); ++begin) {
    for (const size_t size : kSizes) {
      if (begin + size <= row.size() && checksum_holds(row.data() + begin, size)) {
        return row[begin].offset;
      }
    }
  }
  return std::nullopt;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// What may stand between two words of one row: blanks, line ends, marks of lists, numbers.
bool is_between(char c) {
  return (c >= '0' && c <= '9') ||
         std::string_view(" \t\r\n,.)\"'-").find(c) != std::string_view::npos;
}

}  // namespace

std::optional<size_t> find_mnemonic(std::string_view text) {
  std::vector<RowWord> row;
  std::optional<size_t> found;
  for (size_t at = 0; at < text.size() && !found;) {
    size_t end = at;
    while (end < text.size() && is_letter(text[end])) ++end;
    const auto known = end - at >= 3 && end - at <= 8
                           ? known_words().find(text.substr(at, end - at))
                           : known_words().end();
    const bool goes_on = end == at ? is_between(text[at]) : known != known_words().end();
    if (end > at && goes_on) row.push_back({at, known->second});
    if (!goes_on) {
      found = find_in_row(row);
      row.clear();
    }
    at = end + (end == at ? 1 : 0);
  }
  return found ? found : find_in_row(row);
}

}  // namespace recrank
