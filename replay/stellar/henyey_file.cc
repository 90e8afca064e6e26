// Format: docs/systems/henyey.md, "The engine file"
#include <array>
#include <system_error>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "replay/process/program_words.h"
#include "replay/stellar/henyey_config.h"
#include "replay/stellar/henyey_engine.h"
#include "replay/stellar/private_cache.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr size_t kVersionBytes = 200;
constexpr uint64_t kOpenFiles = 4096;  // hundreds of buckets, and the threads of its runtime
constexpr std::string_view kFileScheme = "file://";
// The program's own default, for the test network alone: that is reset from time to time.
constexpr const char* kTestDate = "2025-12-18";
constexpr std::array kMembers{"network"sv, "config"sv, "cache"sv, "cdp_url"sv, "cdp_date"sv};

// The program's own archives of the public networks are on the network, which an engine has none
// of.
fs::path config_of(const EngineFile& file) {
  if (file.has("network")) {
    file.fail(
        "network: its archives are on the network, which an engine does not have; name instead a "
        "\"config\" whose archive has a file:// address");
  }
  const fs::path config = file.beside(file.word("config"));
  std::error_code error;
  if (!fs::is_regular_file(config, error)) file.fail("config: no file " + config.string());
  return config;
}

// What would fail in the middle of a start, minutes later.
void check_archive(const EngineFile& file, const HenyeyConfig& config) {
  if (config.archive.starts_with(std::string(kFileScheme) + "/")) return;
  file.fail("config: " + file.word("config") + " names " +
            (config.archive.empty() ? "no archive" : "the archive " + printable(config.archive)) +
            "; an engine has no network and works in a directory of its own: let the first of "
            "[[history.archives]] have the url file:///ABSOLUTE/PATH");
}

// Where the inputs of the network lie in the cache.
LedgerInputs inputs_of(const EngineFile& file, const HenyeyConfig& config) {
  const std::string network = network_folder(config.passphrase);
  const bool is_test = config.passphrase == kTestNetwork;
  const std::string date = file.has("cdp_date") ? file.word("cdp_date") : is_test ? kTestDate : "";
  fs::path folder = fs::path(kInputFolder) / network / date;
  if (date.empty()) folder = fs::path(kInputFolder) / network;
  std::error_code error;
  const fs::path directory = file.directory("cache") / folder;
  if (!fs::is_directory(directory, error)) {
    file.fail("cache: no directory " + folder.string() + " in it; henyey looks there for the " +
              "inputs of the network \"" + printable(config.passphrase) + "\"" +
              (is_test ? "" : ", as of every network but the public test network"));
  }
  return LedgerInputs(directory, folder.string());
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

// The log does not name the build: it has to be asked. `info` names the commit, where it can make a
// database; without a configuration it makes one of the test network where it works.
std::string find_version(const fs::path& program, const Interrupt& interrupt) {
  const auto version = ask_program({.program = program, .arguments = {"version"}}, interrupt);
  const auto info =
      ask_program({.program = program, .arguments = {"info"}, .writes = true}, interrupt);
  std::string text =
      version ? first_line_with(*version, "") : "henyey (it does not tell its version)";
  std::string commit = info ? first_line_with(*info, "Commit:") : "";
  commit.erase(0, commit.find_last_of(' ') + 1);
  return commit.empty() ? text : text + ", commit " + commit;
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
  program.environment = file.environment();
  program.config = config_of(file);
  HenyeyConfig config = read_henyey_config(program.config);
  const auto instead_of_it = program.environment.find("RS_STELLAR_CORE_NETWORK_PASSPHRASE");
  if (instead_of_it != program.environment.end()) config.passphrase = instead_of_it->second;
  check_archive(file, config);
  program.cache = file.directory("cache");
  program.inputs = inputs_of(file, config);
  const fs::path buckets = fs::path(kBucketsFolder) / network_folder(config.passphrase);
  program.readable = {program.config, program.cache, config.archive.substr(kFileScheme.size())};
  program.state = RestoredState(config.archive.substr(kFileScheme.size()), program.cache / buckets,
                                buckets.string());
  program.cdp = cdp_of(file);
  if (config.accelerated) program.checkpoint_ledgers = kAcceleratedCheckpointLedgers;
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
  identity.arguments = {"--conf", file.word("config"), "--cache-dir", file.word("cache")};
  identity.files.emplace_back(file.word("config"), sha256_hex_of_file(program.config));
  identity.arguments.insert(identity.arguments.end(), program.cdp.begin(), program.cdp.end());
  identity.environment.assign(program.environment.begin(), program.environment.end());
  return program;
}

}  // namespace recrank::stellar
