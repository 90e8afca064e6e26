#include "tests/support/harness/documented_bisect.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace recrank::testing_support {
namespace {

namespace fs = std::filesystem;

// The shell blocks of a page, in their order.
std::vector<std::string> shell_blocks(const fs::path& page) {
  std::ifstream in(page);
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```sh") {
      inside = true;
      blocks.emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

}  // namespace

DocumentedGitBisect::DocumentedGitBisect() {
  for (const std::string& block :
       shell_blocks(fs::path(RECRANK_SOURCE_DIR) / "docs/git-bisect.md")) {
    if (block.starts_with("#!/bin/sh\n")) {
      scripts_.push_back(block);
    } else {
      session_ += block;
    }
  }
  if (scripts_.size() != 2 || session_.find("git bisect run") == std::string::npos) {
    throw std::runtime_error("docs/git-bisect.md: not two scripts and a session");
  }
}

void DocumentedGitBisect::write_program(const std::string& name, const std::string& text) const {
  const fs::path file = repository_.path() / name;
  std::ofstream(file) << text;
  fs::permissions(file, fs::perms::owner_all);
}

Ran DocumentedGitBisect::run(size_t script, const fs::path& recording, const std::string& vat,
                             const std::vector<std::string>& environment) const {
  std::ofstream(beside("replay-revision")) << scripts_.at(script);
  RunOptions options;
  options.directory = repository_.path();
  options.environment = {"PATH=" RECRANK_BINARY_DIR "/bin:/usr/local/bin:/usr/bin:/bin",
                         "RECORDING=" + recording.string(), "VAT=" + vat,
                         "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"};
  options.environment.insert(options.environment.end(), environment.begin(), environment.end());
  return run_program({"/bin/sh", "-e", "-c", session_}, options);
}

std::string DocumentedGitBisect::log() const {
  std::ifstream in(beside("bisect.log"));
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace recrank::testing_support
