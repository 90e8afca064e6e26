#include "tests/support/replay/henyey_home.h"

#include <fstream>

namespace recrank {

namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::trunc) << text;
}

}  // namespace

HenyeyHome::HenyeyHome(const std::vector<MadeLedger>& ledgers, const std::string& acts) {
  fs::create_directories(path() / "cache/buckets/testnet");
  fs::create_directories(path() / "archive/.well-known");
  fs::copy_file(RECRANK_BINARY_DIR "/bin/fake_henyey", path() / "henyey");
  write(path() / "archive/.well-known/stellar-history.json", "{}");
  write(path() / "archive/closed.log", closed_lines(ledgers, true));
  for (const MadeLedger& each : ledgers) write_ledger_input(inputs(), each);
  configure("Test SDF Network ; September 2015");
  act(acts);
}

void HenyeyHome::configure(const std::string& passphrase, const std::string& more,
                           const std::string& archive) const {
  write(path() / "offline.toml", "[network]\npassphrase = \"" + passphrase +
                                     "\"\n\n[[history.archives]]\nname = \"local\"\n" +
                                     "url = \"file://" + (path() / archive).string() + "\"\n" +
                                     more);
}

fs::path HenyeyHome::other_build(const std::string& name) const {
  fs::copy_file(RECRANK_BINARY_DIR "/bin/fake_henyey", path() / name);
  std::ofstream(path() / name, std::ios::app) << name;
  return path() / name;
}

void HenyeyHome::use_old_form() const { write(path() / "old-form", ""); }

void HenyeyHome::act(const std::string& acts) const { write(path() / "archive/acts", acts); }

fs::path HenyeyHome::engine_file(const std::string& more) const {
  write(path() / "engine.json",
        R"({"schema":"recrank.engine/1","kind":"henyey","program":"./henyey",)"
        R"("config":"offline.toml","cache":"cache")" +
            more + "}\n");
  return path() / "engine.json";
}

}  // namespace recrank
