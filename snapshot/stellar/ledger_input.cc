// Format: docs/formats/ledger-input.md
#include "snapshot/stellar/ledger_input.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/hex.h"
#include "snapshot/io/zstd_stream.h"

namespace recrank::stellar {
namespace {

constexpr size_t kPackedBytesMax = size_t{256} << 20;
constexpr size_t kRawBytesMax = size_t{1} << 30;
constexpr size_t kReadBytes = size_t{256} << 10;
constexpr size_t kWord = 4;
constexpr size_t kLedgerHashBytes = 32;
constexpr size_t kFeeExtensionBytes = 3 * kWord;  // an extension of its own, and a 64-bit number

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorCode::kInvalidData, what); }

// Takes from the front of what is left.
class Rest {
 public:
  explicit Rest(std::string_view bytes) : bytes_(bytes) {}

  std::string_view take(size_t size) {
    if (bytes_.size() < size) fail("it ends too early");
    const std::string_view piece = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return piece;
  }
  uint32_t u32() {
    uint32_t value = 0;
    for (const char c : take(kWord)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

Digest digest_of_hex(const std::string& hex) {
  Digest digest{};
  for (size_t i = 0; i < digest.size(); ++i) {
    digest.at(i) = static_cast<unsigned char>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  }
  return digest;
}

// Where the transactions end only their own encoding says, which goes down to every contract. They
// end where their hash is the recorded one; where it is none, they are not what was hashed.
void check_transactions(Rest rest, bool generalized, const LedgerHeader& header) {
  std::string_view before;
  if (!generalized) {
    // The old form hashes the hash of the ledger before and the transactions, not their count.
    before = rest.take(kLedgerHashBytes);
    (void)rest.u32();
  }
  if (sha256_prefix(before, rest.bytes(), kWord, digest_of_hex(header.tx_set_hash))) return;
  fail("its transactions are not those of its header: no part of them has the hash " +
       header.tx_set_hash);
}

}  // namespace

LedgerInput parse_ledger_input(std::string_view batch, uint64_t seq) {
  Rest rest(batch);
  const uint32_t first = rest.u32();
  const uint32_t last = rest.u32();
  if (seq < first || seq > last) {
    fail("it holds the ledgers " + std::to_string(first) + " to " + std::to_string(last));
  }
  if (first != last || rest.u32() != 1) {
    throw Error(ErrorCode::kUnsupported, "a batch of several ledgers");
  }
  const uint32_t form = rest.u32();
  if (form > 2) fail("unknown form " + std::to_string(form));
  if (form > 0) {
    const uint32_t extension = rest.u32();
    if (extension > 1) fail("unknown extension " + std::to_string(extension));
    if (extension == 1) (void)rest.take(kFeeExtensionBytes);
  }
  LedgerInput input;
  input.ledger_hash = to_hex(rest.take(kLedgerHashBytes));
  size_t header_bytes = 0;
  input.header = parse_leading_ledger_header(rest.bytes(), header_bytes);
  const std::string computed = sha256_hex(rest.take(header_bytes));
  if (computed != input.ledger_hash) {
    fail("the header's sha256 is " + computed + ", recorded " + input.ledger_hash);
  }
  if (input.header.seq != seq) fail("the header is of ledger " + std::to_string(input.header.seq));
  (void)rest.u32();  // the extension behind the header
  check_transactions(rest, form > 0, input.header);
  return input;
}

LedgerInput read_ledger_input(const std::filesystem::path& file, uint64_t seq,
                              const std::string& shown) {
  return with_context([&] { return shown; },
                      [&] {
                        const std::string packed = read_small_file(file, kPackedBytesMax);
                        ZstdUnpacker unpacker(packed, "zstd");
                        std::string batch;
                        for (size_t got = 1; got != 0;) {
                          const size_t begin = batch.size();
                          if (begin > kRawBytesMax) fail("it unpacks to more than 1 GiB");
                          batch.resize(begin + kReadBytes);
                          got = unpacker.read(batch.data() + begin, kReadBytes);
                          batch.resize(begin + got);
                        }
                        return parse_ledger_input(batch, seq);
                      });
}

}  // namespace recrank::stellar
