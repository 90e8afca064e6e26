// Format: docs/systems/henyey.md, "The engine file"
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/secret_setting.h"
#include "base/text.h"
#include "replay/henyey_engine.h"
#include "replay/program_words.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kSchema = "recrank.engine/1";
constexpr const char* kKind = "henyey";
constexpr size_t kFileBytesMax = 1 << 20;
constexpr size_t kVersionBytes = 200;

class HenyeyFile {
 public:
  explicit HenyeyFile(const fs::path& path) : path_(fs::absolute(path)) {
    try {
      json_ = json::parse(read_small_file(path_, kFileBytesMax));
    } catch (const json::exception& failure) {
      fail(failure.what());
    }
    if (!json_.is_object() || json_.value("schema", json()) != kSchema) {
      fail(std::string("its schema is not ") + kSchema);
    }
    constexpr std::array kKnown{"schema", "kind",     "program",  "network",     "config",
                                "cache",  "cdp_url",  "cdp_date", "environment", "note"};
    for (const auto& [name, value] : json_.items()) {
      if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
        fail("unknown member \"" + printable(name, 60) + "\"");
      }
    }
  }

  [[nodiscard]] std::string word(const char* member) const {
    const auto found = json_.find(member);
    if (found == json_.end() || !found->is_string()) fail(std::string(member) + ": not a string");
    auto text = found->get<std::string>();
    if (text.empty() || text.find('\0') != std::string::npos) {
      fail(std::string(member) + ": empty, or with a zero byte");
    }
    return text;
  }
  [[nodiscard]] bool has(const char* member) const { return json_.contains(member); }
  // From the directory of this file.
  [[nodiscard]] fs::path beside(const char* member) const {
    return (path_.parent_path() / word(member)).lexically_normal();
  }

  [[nodiscard]] fs::path program(const std::optional<fs::path>& instead) const {
    const fs::path program = instead ? fs::absolute(*instead) : beside("program");
    std::error_code error;
    if (fs::is_regular_file(program, error) && ::access(program.c_str(), X_OK) == 0) return program;
    throw Error(ErrorCode::kWorker, path_.string() + ": program: no executable file " +
                                        program.string());
  }

  [[nodiscard]] std::vector<std::string> network() const {
    if (has("network") == has("config")) fail("it needs \"network\" or \"config\", and not both");
    if (has("config")) {
      std::error_code error;
      if (!fs::is_regular_file(beside("config"), error)) {
        fail("config: no file " + beside("config").string());
      }
      return {"--conf", beside("config").string()};
    }
    const std::string network = word("network");
    if (network != "testnet" && network != "mainnet") fail("network: neither testnet nor mainnet");
    return {"--" + network};
  }

  [[nodiscard]] fs::path cache() const {
    std::error_code error;
    if (!fs::is_directory(beside("cache"), error)) {
      fail("cache: no directory " + beside("cache").string());
    }
    return beside("cache");
  }

  [[nodiscard]] std::vector<std::string> cdp() const {
    std::vector<std::string> words;
    if (has("cdp_url")) words.insert(words.end(), {"--cdp-url", word("cdp_url")});
    if (has("cdp_date")) words.insert(words.end(), {"--cdp-date", word("cdp_date")});
    return words;
  }

  [[nodiscard]] std::map<std::string, std::string> environment() const {
    // Without it the lines of the ledgers may be below what it logs.
    std::map<std::string, std::string> variables{{"RUST_LOG", "info"}};
    if (!has("environment")) return variables;
    if (!json_["environment"].is_object()) fail("environment: not an object of strings");
    for (const auto& [name, value] : json_["environment"].items()) {
      if (!value.is_string() || name.find('=') != std::string::npos) {
        fail("environment: not an object of strings");
      }
      const auto text = value.get<std::string>();
      if (is_secret_setting(name, text)) {
        throw Error(ErrorCode::kUsage, path_.string() + ": environment: " + name +
                                           " looks like a secret, and all that an engine file names "
                                           "is shown in reports: leave it out");
      }
      variables[name] = text;
    }
    return variables;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kInvalidData, path_.string() + ": not an engine file: " + what);
  }

  fs::path path_;
  json json_;
};

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
  std::string text = version ? first_line_with(*version, "") : "henyey (it does not tell its version)";
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

bool is_henyey_file(const fs::path& path) {
  try {
    const json read = json::parse(read_small_file(path, kFileBytesMax));
    return read.is_object() && read.value("kind", json()) == kKind;
  } catch (const json::exception&) {
    return false;
  }
}

HenyeyProgram load_henyey_file(const fs::path& file, const std::string& name,
                               const std::optional<fs::path>& instead, const Interrupt& interrupt) {
  const HenyeyFile read(file);
  HenyeyProgram program;
  program.program = read.program(instead);
  program.network = read.network();
  program.cache = read.cache();
  program.cdp = read.cdp();
  program.environment = read.environment();
  program.shape = find_shape(program.program, interrupt);
  EngineIdentity& identity = program.identity;
  identity.name = name;
  identity.dialect = dialect_name(Era::kHenyey);
  identity.sha256 = sha256_hex_of_file(program.program);
  identity.version = find_version(program.program, interrupt);
  // As the file names them: where it lies is nobody's business.
  identity.arguments = {read.has("config") ? "--conf" : program.network.front()};
  if (read.has("config")) {
    identity.arguments.push_back(read.word("config"));
    identity.files.emplace_back(read.word("config"), sha256_hex_of_file(program.network.back()));
  }
  identity.arguments.insert(identity.arguments.end(), {"--cache-dir", read.word("cache")});
  identity.arguments.insert(identity.arguments.end(), program.cdp.begin(), program.cdp.end());
  identity.environment.assign(program.environment.begin(), program.environment.end());
  return program;
}

}  // namespace recrank
