// The manifest in a captured node's archive.
// Format: docs/evidence.md, "The manifest"
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "snapshot/capture/node_capture.h"

namespace recrank {

inline constexpr std::string_view kCaptureSchema = "recrank.capture/1";
inline constexpr std::string_view kCaptureManifest = "capture.json";
// In front of all that lay in the directory.
inline constexpr std::string_view kCapturedPrefix = "node/";
inline constexpr std::string_view kCapturedBinaryPrefix = "binary/";

// A list of them, as it stands in the manifest and in reports.
[[nodiscard]] nlohmann::ordered_json passed_over_json(const std::vector<PassedOver>& passed_over);

// JSON, with a line end. Names that are no text are shown as printable() does.
[[nodiscard]] std::string capture_manifest(const CapturedNode& node,
                                           const std::optional<BinaryIdentity>& binary);

}  // namespace recrank
