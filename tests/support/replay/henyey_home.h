// An engine file that names the stand-in for henyey, with its cache.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/scratch_dir.h"
#include "tests/support/snapshot/ledger_fixture.h"

namespace recrank {

class HenyeyHome {
 public:
  // The cache holds the inputs of `ledgers`, under the public test network's name; `acts` as
  // tests/stand_ins/fake_henyey.cc lists them.
  explicit HenyeyHome(const std::vector<MadeLedger>& ledgers, const std::string& acts = {});

  // Another build of the stand-in: the same program with bytes behind its end.
  std::filesystem::path other_build(const std::string& name) const;
  void use_old_form() const;
  void act(const std::string& acts) const;
  // Another network, and `more` of a configuration, in TOML.
  void configure(const std::string& passphrase, const std::string& more = {},
                 const std::string& archive = "archive") const;
  [[nodiscard]] std::filesystem::path inputs() const {
    return path() / "cache/cdp/testnet/2025-12-18";
  }
  // `more`: members behind "cache": R"(,"environment":{"A":"1"})".
  std::filesystem::path engine_file(const std::string& more = {}) const;
  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }

 private:
  ScratchDir directory_;
};

}  // namespace recrank
