// Vat and worker bundles: from the bytes that a swing-store keeps to the JSON that a worker gets.
// Format: docs/formats/swingset-2024.md ("Bundles").
#pragma once

#include <string>
#include <string_view>

namespace recrank::agoric {

// The largest file of a bundle that is read.
inline constexpr size_t kBundleBytesMax = size_t{64} << 20;

// A b0 bundle is stored as the JSON text itself, a b1 bundle as the bytes of its zip archive, here
// put into {"moduleFormat":"endoZipBase64",…}. Any other kind of ID is kUnsupported.
[[nodiscard]] std::string bundle_json(const std::string& bundle_id, std::string stored);

// The content of a bundle file as a worker takes it: JSON text as it is, a zip archive (the
// artifact "bundle.b1-…" of an export) as bundle_json() makes it. kInvalidData for a zip, plain or
// inside the JSON, that is damaged or no bundle.
[[nodiscard]] std::string bundle_json_of_file(std::string content);

// What is wrong with the bytes, given the hash in the ID; empty when they are right. Of a zip every
// byte is accounted for, and every module held against the compartment map.
[[nodiscard]] std::string bundle_damage(const std::string& bundle_id, std::string_view stored);

}  // namespace recrank::agoric
