// A cemented window as Montana archives it: a signed header and the confirmation bundles.
// Format: docs/formats/montana.md.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "snapshot/montana/montana_format.h"

namespace recrank::montana {

// Two lists of at most 65,535 bundles, each with lists of as many hashes, could be larger than any
// machine's memory; a network of 30,000 nodes comes to 210 MB.
inline constexpr uint64_t kEnvelopeBytesMax = uint64_t{1} << 30;

// What a node signed of a window. All views point into the envelope.
struct Bundle {
  std::string_view node_id;
  std::string_view endpoint;
  uint64_t window = 0;
  uint16_t operations = 0;  // named by their hashes only
  uint16_t reveals = 0;
  std::string_view signed_part;  // all before the signature
};

struct Envelope {
  std::string_view header;  // kHeaderBytes
  uint64_t window = 0;
  std::vector<Bundle> confirming;  // of the window before: they are what the window applies
  std::vector<Bundle> own;         // of this window, for the next one
  std::string_view bundles;        // all behind the header
};

// `bytes` must outlive what is returned. Every count is held against what is left of the bytes
// before it is believed; kInvalidData that names the place otherwise ("its bundle 2 is cut off at
// byte 7111"), and for a window other than `window`.
[[nodiscard]] Envelope parse_envelope(std::string_view bytes, uint64_t window);

// What the header must hold as bundles_root: over who confirmed the window before, and what each of
// them signed. Neither the signatures nor the bundles of the window itself are under any root.
[[nodiscard]] Digest bundles_root_of(const Envelope& envelope);

}  // namespace recrank::montana
