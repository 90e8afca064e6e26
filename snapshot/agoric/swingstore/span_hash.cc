#include "snapshot/agoric/swingstore/span_hash.h"

#include "base/hash.h"

namespace recrank::agoric {

// The seed: @agoric/swing-store 0.10.0, src/transcriptStore.js, initialHash.
SpanHash::SpanHash() : hex_(sha256_hex("start of transcript span")) {}

void SpanHash::add(std::string_view item) {
  hex_ += sha256_hex(item);  // both as hex text, joined without a separator
  hex_ = sha256_hex(hex_);
}

}  // namespace recrank::agoric
