// Format: docs/formats/capsule.md ("Value")
#include "snapshot/capsule/capsule_value.h"

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "base/little_endian.h"
#include "snapshot/capsule/capsule_format.h"
#include "snapshot/io/zstd_stream.h"

namespace recrank {
namespace {

constexpr size_t kReadPieceBytes = size_t{128} << 10;

}  // namespace

void read_capsule_value(const LmdbTxn& txn, MDB_dbi dbi, const std::string& sha256,
                        const CapsuleValueRule& rule, const ByteSink& sink) {
  const std::string place = txn.env().shown() + ": value " + sha256;
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorCode::kInvalidData, place + ": " + what);
  };
  const auto value = txn.find(dbi, capsule_value_key(sha256));
  if (!value) fail("is missing");
  if (value->size() < kCapsuleValueHeadBytes) fail("is shorter than its head");
  const uint64_t size = read_u64(*value, 0);
  if (size > rule.bytes_max) fail(std::to_string(size) + " bytes are more than may be there");
  ZstdUnpacker unpacker(value->substr(kCapsuleValueHeadBytes), place);
  Sha256 hash;
  std::string piece(kReadPieceBytes, '\0');
  uint64_t done = 0;
  while (const size_t got = unpacker.read(piece.data(), piece.size())) {
    done += got;
    if (done > size) fail("unpacks to more than its " + std::to_string(size) + " bytes");
    const std::string_view bytes(piece.data(), got);
    hash.update(bytes);
    sink(bytes);
  }
  if (done != size)
    fail("ends after " + std::to_string(done) + " of " + std::to_string(size) + " bytes");
  if (const std::string found = hash.finish_hex();
      rule.trust == SnapshotTrust::kHash && found != sha256) {
    fail("has sha256 " + found);
  }
}

std::string read_capsule_text(const LmdbTxn& txn, MDB_dbi dbi, const std::string& sha256) {
  std::string text;
  read_capsule_value(txn, dbi, sha256, {kCapsuleTextBytesMax, SnapshotTrust::kHash},
                     [&](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace recrank
