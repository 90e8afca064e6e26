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
  fs::create_directories(path() / "cache");
  fs::copy_file(RECRANK_BINARY_DIR "/bin/fake_henyey", path() / "henyey");
  write(path() / "cache/closed.log", closed_lines(ledgers, true));
  act(acts);
}

fs::path HenyeyHome::other_build(const std::string& name) const {
  fs::copy_file(RECRANK_BINARY_DIR "/bin/fake_henyey", path() / name);
  std::ofstream(path() / name, std::ios::app) << name;
  return path() / name;
}

void HenyeyHome::use_old_form() const { write(path() / "old-form", ""); }

void HenyeyHome::act(const std::string& acts) const { write(path() / "cache/acts", acts); }

fs::path HenyeyHome::engine_file(const std::string& more) const {
  write(path() / "engine.json",
        R"({"schema":"recrank.engine/1","kind":"henyey","program":"./henyey","network":"testnet",)"
        R"("cache":"cache")" +
            more + "}\n");
  return path() / "engine.json";
}

}  // namespace recrank
