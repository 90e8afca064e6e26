// What recrank has to know of a henyey configuration before the program reads it.
// Format: docs/systems/henyey.md, "The configuration"
#pragma once

#include <filesystem>
#include <string>

namespace recrank::stellar {

struct HenyeyConfig {
  std::string passphrase;    // of the network; by default the public test network's
  bool accelerated = false;  // a checkpoint behind every 8th ledger
  std::string archive;       // the address of the archive that it asks; empty: it names none
};

// Throws kInvalidData with file and line for what is no TOML, and for stellar-core's form of it;
// what else is wrong with it the program says itself.
[[nodiscard]] HenyeyConfig read_henyey_config(const std::filesystem::path& file);

// The folder of a cache in which the program keeps what is of a network: every one but the public
// test network has that of the main one.
[[nodiscard]] std::string network_folder(const std::string& passphrase);

}  // namespace recrank::stellar
