// What a bundle's compartment-map.json promises of the modules beside it.
// Format: docs/formats/swingset-2024.md ("Bundles").
#pragma once

#include <string_view>
#include <vector>

#include "snapshot/agoric/endo_zip.h"

namespace recrank::agoric {

inline constexpr std::string_view kCompartmentMap = "compartment-map.json";

// Holds every module against its sha512. kInvalidData for one that is missing or another, for a
// member that the map does not name, and for a map that cannot be read. A module without a sha512
// has the zip's CRC-32 alone.
void check_compartments(const std::vector<EndoZipMember>& members);

}  // namespace recrank::agoric
