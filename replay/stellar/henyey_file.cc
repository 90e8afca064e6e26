// Format: docs/systems/henyey.md, "The engine file"
#include <array>
#include <system_error>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "replay/process/program_words.h"
#include "replay/stellar/henyey_engine.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr size_t kVersionBytes = 200;
constexpr uint64_t kOpenFiles = 4096;  // hundreds of buckets, and the threads of its runtime
constexpr std::array kMembers{"network"sv, "config"sv, "cache"sv, "cdp_url"sv, "cdp_date"sv};

std::vector<std::string> network_of(const EngineFile& file) {
  if (file.has("network") == file.has("config")) {
    file.fail("it needs \"network\" or \"config\", and not both");
  }
  if (file.has("config")) {
    const fs::path config = file.beside(file.word("config"));
    std::error_code error;
    if (!fs::is_regular_file(config, error)) file.fail("config: no file " + config.string());
    return {"--conf", config.string()};
  }
  const std::string network = file.word("network");
  if (network != "testnet" && network != "mainnet") {
    file.fail("network: neither testnet nor mainnet");
  }
  return {"--" + network};
}

std::vector<std::string> cdp_of(const EngineFile& file) {
  std::vector<std::string> words;
  if (file.has("cdp_url")) words.insert(words.end(), {"--cdp-url", file.word("cdp_url")});
  if (file.has("cdp_date")) words.insert(words.end(), {"--cdp-date", file.word("cdp_date")});
  return words;
}

std::string first_line_with(const std::string& text, std::string_view word) {
  const size_t at = text.find(word);
  if (at == std::string::npos) return "";
  const std::string line = text.substr(at, text.find('\n', at) - at);
  return printable(line, kVersionBytes);
}

// The log does not name the build: it has to be asked.
std::string find_version(const fs::path& program, const Interrupt& interrupt) {
  const auto version = ask_program({.program = program, .arguments = {"version"}}, interrupt);
  const auto info = ask_program({.program = program, .arguments = {"info"}}, interrupt);
  std::string text =
      version ? first_line_with(*version, "") : "henyey (it does not tell its version)";
  const std::string commit = info ? first_line_with(*info, "Commit:") : "";
  return commit.empty() ? text : text + ", " + commit;
}

HenyeyShape find_shape(const fs::path& program, const Interrupt& interrupt) {
  if (ask_program({.program = program, .arguments = {"verify-execution", "--help"}}, interrupt)) {
    return HenyeyShape::kFlat;
  }
  if (ask_program({.program = program, .arguments = {"offline", "verify-execution", "--help"}},
                  interrupt)) {
    return HenyeyShape::kOffline;
  }
  throw Error(ErrorCode::kWorker, program.string() +
                                      ": knows neither `verify-execution --help` nor `offline "
                                      "verify-execution --help`; is it a henyey binary?");
}

}  // namespace

HenyeyProgram load_henyey_program(const EngineFile& file, const std::string& name,
                                  const std::optional<fs::path>& instead,
                                  const Interrupt& interrupt) {
  file.check_members(kMembers);
  HenyeyProgram program;
  program.program = file.program(instead);
  program.network_words = network_of(file);
  program.cache = file.directory("cache");
  program.cdp = cdp_of(file);
  program.environment = file.environment();
  // Without it the lines of the ledgers may be below what it logs.
  program.environment.try_emplace("RUST_LOG", "info");
  program.open_files_max = kOpenFiles;
  program.shape = find_shape(program.program, interrupt);
  EngineIdentity& identity = program.identity;
  identity.name = name;
  identity.dialect = kHenyeyDialect;
  identity.sha256 = sha256_hex_of_file(program.program);
  identity.version = find_version(program.program, interrupt);
  // As the file names them: where it lies is nobody's business.
  identity.arguments = {file.has("config") ? "--conf" : program.network_words.front()};
  if (file.has("config")) {
    identity.arguments.push_back(file.word("config"));
    identity.files.emplace_back(file.word("config"),
                                sha256_hex_of_file(program.network_words.back()));
  }
  identity.arguments.insert(identity.arguments.end(), {"--cache-dir", file.word("cache")});
  identity.arguments.insert(identity.arguments.end(), program.cdp.begin(), program.cdp.end());
  identity.environment.assign(program.environment.begin(), program.environment.end());
  return program;
}

}  // namespace recrank::stellar
