// Format: docs/systems/henyey.md, "The configuration"
#include "replay/stellar/henyey_config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/fd.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {
namespace {

constexpr size_t kConfigBytesMax = size_t{4} << 20;

// stellar-core's form has its keys in capitals; one such key is enough for the program, which
// then takes the addresses of archives out of their commands: those on the network alone.
bool is_core_form(const toml::table& config) {
  return std::any_of(config.begin(), config.end(), [](const auto& entry) {
    const std::string_view key = entry.first.str();
    return key.size() > 1 && std::none_of(key.begin(), key.end(),
                                          [](unsigned char c) { return std::islower(c) != 0; });
  });
}

HenyeyConfig of_own_form(const toml::table& config) {
  HenyeyConfig read;
  read.passphrase = config["network"]["passphrase"].value_or(std::string(kTestNetwork));
  read.accelerated = config["testing"]["accelerate_time"].value_or(false);
  const toml::array* archives = config["history"]["archives"].as_array();
  if (archives == nullptr) return read;
  for (const toml::node& archive : *archives) {
    const toml::table* entry = archive.as_table();
    if (entry == nullptr || !(*entry)["get_enabled"].value_or(true)) continue;
    read.archive = (*entry)["url"].value_or(std::string());
    break;
  }
  return read;
}

}  // namespace

HenyeyConfig read_henyey_config(const std::filesystem::path& file) {
  const std::string text = read_small_file(file, kConfigBytesMax);
  try {
    const toml::table config = toml::parse(text);
    if (is_core_form(config)) {
      throw Error(ErrorCode::kInvalidData,
                  file.string() +
                      ": in stellar-core's form it can name no archive but one on the " +
                      "network; write it in henyey's own, with a file:// address");
    }
    return of_own_form(config);
  } catch (const toml::parse_error& failure) {
    throw Error(ErrorCode::kInvalidData, file.string() + ":" +
                                             std::to_string(failure.source().begin.line) + ": " +
                                             std::string(failure.description()));
  }
}

std::string network_folder(const std::string& passphrase) {
  return passphrase == kTestNetwork ? "testnet" : "mainnet";
}

}  // namespace recrank::stellar
