// The zip archive of a vat's bundle, as Endo's archiver writes it.
// Format: docs/formats/swingset-2024.md ("The zip of a bundle").
//
// No archive library reads it: each mends or passes over what a worker would trip over, and then a
// damaged bundle looks like a vat that does otherwise. Here every byte of the archive must be where
// the writer puts it.
#pragma once

#include <string_view>
#include <vector>

namespace recrank::agoric {

struct EndoZipMember {
  std::string_view name;
  std::string_view content;
};

// The members in the order of the archive, as views into `zip`. kInvalidData, with the place, for
// anything that Endo's writer would not have written so.
[[nodiscard]] std::vector<EndoZipMember> read_endo_zip(std::string_view zip);

}  // namespace recrank::agoric
