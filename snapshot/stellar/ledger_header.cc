// Format: docs/formats/henyey-db.md, "The header"
#include "snapshot/stellar/ledger_header.h"

#include "base/error.h"
#include "base/hex.h"

namespace recrank::stellar {
namespace {

constexpr size_t kHashBytes = 32;
constexpr uint32_t kUpgradesMax = 6;
constexpr uint32_t kUpgradeBytesMax = 128;
constexpr uint32_t kSignatureBytesMax = 64;
constexpr size_t kSkipHashes = 4;

// Reads XDR (RFC 4506): big-endian, everything in units of four bytes.
class XdrReader {
 public:
  explicit XdrReader(std::string_view bytes) : bytes_(bytes) {}

  uint32_t u32() {
    uint32_t value = 0;
    for (const char c : take(4)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  uint64_t u64() {
    const uint64_t high = u32();
    return high << 32 | u32();
  }
  int64_t i64() { return static_cast<int64_t>(u64()); }
  std::string hash() { return to_hex(take(kHashBytes)); }
  void skip(size_t size) { (void)take(size); }

  void skip_opaque(uint32_t size_max, const char* what) {
    const uint32_t size = u32();
    if (size > size_max) fail(std::string(what) + " is longer than " + std::to_string(size_max));
    skip((size + 3) / 4 * 4);
  }
  // The case of a union.
  uint32_t choice(uint32_t last, const char* what) {
    const uint32_t value = u32();
    if (value > last) fail(std::string("unknown ") + what + " " + std::to_string(value));
    return value;
  }
  [[nodiscard]] size_t position() const { return at_; }
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kInvalidData, "header: " + what + " at byte " + std::to_string(at_));
  }

 private:
  std::string_view take(size_t size) {
    if (bytes_.size() - at_ < size) fail("it ends too early");
    const std::string_view piece = bytes_.substr(at_, size);
    at_ += size;
    return piece;
  }

  std::string_view bytes_;
  size_t at_ = 0;
};

// Who proposed the value, with the signature: not part of what is compared.
void skip_value_signature(XdrReader& reader) {
  if (reader.choice(1, "form of the value") == 0) return;
  (void)reader.choice(0, "kind of key");
  reader.skip(kHashBytes);
  reader.skip_opaque(kSignatureBytesMax, "the signature");
}

}  // namespace

LedgerHeader parse_leading_ledger_header(std::string_view xdr, size_t& bytes) {
  XdrReader reader(xdr);
  LedgerHeader header;
  header.version = reader.u32();
  header.prev_hash = reader.hash();
  header.tx_set_hash = reader.hash();
  header.close_time = reader.u64();
  const uint32_t upgrades = reader.u32();
  if (upgrades > kUpgradesMax) reader.fail("more than 6 upgrades");
  for (uint32_t i = 0; i < upgrades; ++i) reader.skip_opaque(kUpgradeBytesMax, "an upgrade");
  skip_value_signature(reader);
  header.tx_result_hash = reader.hash();
  header.bucket_list_hash = reader.hash();
  header.seq = reader.u32();
  header.total_coins = reader.i64();
  header.fee_pool = reader.i64();
  header.inflation_seq = reader.u32();
  header.id_pool = reader.u64();
  header.base_fee = reader.u32();
  header.base_reserve = reader.u32();
  header.max_tx_set_size = reader.u32();
  reader.skip(kSkipHashes * kHashBytes);
  if (reader.choice(1, "extension") == 1) {
    (void)reader.u32();  // flags
    (void)reader.choice(0, "extension of the extension");
  }
  bytes = reader.position();
  return header;
}

LedgerHeader parse_ledger_header(std::string_view xdr) {
  size_t bytes = 0;
  LedgerHeader header = parse_leading_ledger_header(xdr, bytes);
  if (bytes != xdr.size()) {
    throw Error(ErrorCode::kInvalidData,
                "header: there is more behind it at byte " + std::to_string(bytes));
  }
  return header;
}

}  // namespace recrank::stellar
