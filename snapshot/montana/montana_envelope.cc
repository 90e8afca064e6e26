// Format: docs/formats/montana.md
#include "snapshot/montana/montana_envelope.h"

#include <string>

#include "base/error.h"
#include "base/little_endian.h"
#include "snapshot/montana/montana_tree.h"

namespace recrank::montana {
namespace {

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorCode::kInvalidData, what); }

class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] size_t left() const { return bytes_.size() - at_; }
  [[nodiscard]] size_t at() const { return at_; }
  [[nodiscard]] std::string_view since(size_t begin) const {
    return bytes_.substr(begin, at_ - begin);
  }

  std::string_view take(size_t size, const std::string& what) {
    if (size > left()) {
      fail(what + " is cut off: byte " + std::to_string(at_) + " of " +
           std::to_string(bytes_.size()) + ", " + std::to_string(size) + " more are needed");
    }
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

uint16_t take_hashes(Cursor& cursor, const std::string& what) {
  const uint16_t count = read_u16(cursor.take(2, what), 0);
  cursor.take(count * sizeof(Digest), what);
  return count;
}

Bundle take_bundle(Cursor& cursor, const std::string& what) {
  const size_t begin = cursor.at();
  const std::string_view fixed = cursor.take(kBundleFixedBytes, what);
  Bundle bundle;
  bundle.node_id = fixed.substr(0, kIdBytes);
  bundle.endpoint = fixed.substr(kIdBytes, sizeof(Digest));
  bundle.window = read_u64(fixed, kIdBytes + sizeof(Digest));
  bundle.operations = take_hashes(cursor, what);
  bundle.reveals = take_hashes(cursor, what);
  bundle.signed_part = cursor.since(begin);
  cursor.take(kSignatureBytes, what);
  return bundle;
}

// A vector that grows only as far as there are bytes: the count alone reserves nothing.
std::vector<Bundle> take_bundles(Cursor& cursor, const std::string& list) {
  const uint16_t count = read_u16(cursor.take(2, list), 0);
  std::vector<Bundle> bundles;
  for (uint16_t i = 0; i < count; ++i) {
    bundles.push_back(take_bundle(cursor, "bundle " + std::to_string(i) + " of " + list));
  }
  return bundles;
}

}  // namespace

Envelope parse_envelope(std::string_view bytes, uint64_t window) {
  Cursor cursor(bytes);
  Envelope envelope;
  envelope.header = cursor.take(kHeaderBytes, "the header");
  envelope.window = read_u64(envelope.header, kWindow);
  if (envelope.window != window) {
    fail("the header is of window " + std::to_string(envelope.window) + ", not of " +
         std::to_string(window));
  }
  envelope.bundles = bytes.substr(kHeaderBytes);
  envelope.confirming = take_bundles(cursor, "the list of bundles of the window before");
  envelope.own = take_bundles(cursor, "the list of bundles of the window itself");
  if (cursor.left() != 0) {
    fail(std::to_string(cursor.left()) + " bytes too many, from byte " +
         std::to_string(cursor.at()) + " on");
  }
  return envelope;
}

Digest bundles_root_of(const Envelope& envelope) {
  Tree tree;
  for (const Bundle& bundle : envelope.confirming) {
    const Digest signed_hash = tagged_hash("mt-bundle", bundle.signed_part);
    const Digest leaf = tagged_hash("mt-merkle-leaf", bundle.node_id, bytes_of(signed_hash));
    tree.put(digest_at(bundle.node_id, 0), leaf);
  }
  return tree.root();
}

}  // namespace recrank::montana
