// Format: docs/systems/programs.md, "The engine file"
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "base/hash.h"
#include "base/text.h"
#include "replay/engine_file.h"
#include "replay/process/program_words.h"
#include "replay/program/process_engine.h"
#include "snapshot/journal/dialect_names.h"

namespace recrank::program {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::string_view_literals;

constexpr const char* kNoNetwork = "none";
constexpr const char* kLoopback = "loopback";
constexpr const char* kMadeUp = "{{made-up}}";
constexpr uint64_t kPortLeast = 1024;
constexpr uint64_t kPortMost = 65535;
constexpr size_t kWordsMax = 1000;
constexpr size_t kVersionBytes = 200;
constexpr uint64_t kOpenFilesLeast = 16;
constexpr uint64_t kOpenFilesMost = 65536;
constexpr std::array kMembers{"arguments"sv, "working_directory"sv, "open_files"sv,
                              "network"sv,   "transport"sv,         "http"sv,
                              "readable"sv};

// The members that a program fed by a journal has of its own.
class ProcessFile {
 public:
  explicit ProcessFile(const EngineFile& file) : file_(file) { file.check_members(kMembers); }

  [[nodiscard]] fs::path directory() const {
    if (!file_.has("working_directory")) return file_.beside("");
    return file_.directory("working_directory");
  }

  [[nodiscard]] std::vector<std::string> arguments() const { return words("arguments"); }

  [[nodiscard]] std::vector<fs::path> readable() const {
    std::vector<fs::path> paths;
    for (const std::string& word : words("readable")) {
      std::error_code error;
      paths.push_back(file_.beside(word));
      if (!fs::exists(paths.back(), error)) {
        file_.fail("readable: there is no " + printable(paths.back().native()));
      }
    }
    return paths;
  }

  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return file_.environment(over_http() ? kMadeUp : "",
                             ", or, with \"transport\":\"http\", give it the value {{made-up}}");
  }

  [[nodiscard]] uint64_t open_files_max() const {
    if (!file_.has("open_files")) return ProcessProgram().open_files_max;
    const json value = file_.value("open_files");
    const bool sound = value.is_number_unsigned() && value.get<uint64_t>() >= kOpenFilesLeast &&
                       value.get<uint64_t>() <= kOpenFilesMost;
    if (!sound) file_.fail("open_files: not a number from 16 to 65536");
    return value.get<uint64_t>();
  }

  [[nodiscard]] SandboxNetwork network() const {
    const json value = value_or("network", over_http() ? kLoopback : kNoNetwork);
    if (over_http() && value != kLoopback) {
      file_.fail("network: a program over HTTP needs \"loopback\"");
    }
    if (value == kNoNetwork) return SandboxNetwork::kNone;
    if (value == kLoopback) return SandboxNetwork::kLoopback;
    file_.fail("network: neither \"none\" nor \"loopback\"");
  }

  [[nodiscard]] std::optional<HttpTransport> http() const {
    if (!over_http()) return std::nullopt;
    const json object = value_or("http", json::object());
    if (!object.is_object()) file_.fail("http: not an object");
    for (const auto& [name, value] : object.items()) {
      if (name != "stub_port" && name != "event_port" && name != "event_path") {
        file_.fail("http: unknown member \"" + printable(name, 60) + "\"");
      }
    }
    HttpTransport transport;
    if (object.contains("stub_port")) transport.stub_port = port(object["stub_port"]);
    if (object.contains("event_port")) transport.event_port = port(object["event_port"]);
    if (transport.event_port == transport.stub_port) {
      file_.fail("http: event_port is that of the stub");
    }
    if (object.contains("event_path")) {
      transport.event_path = file_.text(object["event_path"], "http: event_path");
    }
    const bool sound = transport.event_path.starts_with('/') &&
                       transport.event_path.find_first_of(" \r\n\t") == std::string::npos;
    if (!sound) file_.fail("http: event_path is no path of a request");
    return transport;
  }

 private:
  [[nodiscard]] std::vector<std::string> words(const char* member) const {
    std::vector<std::string> found;
    const json list = file_.value(member);
    if (list.is_null()) return found;
    if (!list.is_array() || list.size() > kWordsMax) {
      file_.fail(std::string(member) + ": not a list of at most 1000 strings");
    }
    for (const json& each : list) found.push_back(file_.text(each, member));
    return found;
  }

  [[nodiscard]] json value_or(const char* member, json fallback) const {
    return file_.has(member) ? file_.value(member) : std::move(fallback);
  }

  [[nodiscard]] bool over_http() const {
    const json value = value_or("transport", "stdio");
    if (value != "stdio" && value != "http") {
      file_.fail("transport: neither \"stdio\" nor \"http\"");
    }
    if (value == "stdio" && file_.has("http")) {
      file_.fail("http: needs \"transport\":\"http\"");
    }
    return value == "http";
  }

  [[nodiscard]] uint16_t port(const json& value) const {
    const bool sound = value.is_number_unsigned() && value.get<uint64_t>() >= kPortLeast &&
                       value.get<uint64_t>() <= kPortMost;
    if (!sound) file_.fail("http: a port is a number from 1024 to 65535");
    return value.get<uint16_t>();
  }

  const EngineFile& file_;
};

// The first line that the program prints when it is asked so; nullopt: it does not answer.
std::optional<std::string> ask_version(const ProcessProgram& program, const char* option,
                                       const Interrupt& interrupt) {
  const auto output = ask_program({.program = program.program,
                                   .arguments = {option},
                                   .environment = program.environment,
                                   .readable = program.readable,
                                   .open_files_max = program.open_files_max},
                                  interrupt);
  const std::string line = output.value_or("").substr(0, output.value_or("").find('\n'));
  if (line.empty()) return std::nullopt;
  return printable(line, kVersionBytes);
}

// --revision names the commit as well, for programs that know it.
std::string find_version(const ProcessProgram& program, const Interrupt& interrupt) {
  const std::string name = program.program.filename().string();
  for (const char* option : {"--revision", "--version"}) {
    if (const auto version = ask_version(program, option, interrupt)) {
      return version->starts_with(name) ? *version : printable(name, 60) + " " + *version;
    }
  }
  return printable(name, 60) + " (it does not tell its version)";
}

// Words among the arguments that name files: what the program runs is as much part of it as itself.
std::vector<std::pair<std::string, std::string>> hash_files(const ProcessProgram& program) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& word : program.arguments) {
    std::error_code error;
    const fs::path file = program.directory / word;
    if (!word.empty() && fs::is_regular_file(file, error)) {
      files.emplace_back(word, sha256_hex_of_file(file));
    }
  }
  return files;
}

}  // namespace

ProcessProgram load_program(const EngineFile& file, const std::string& name,
                            const std::optional<fs::path>& instead, const Interrupt& interrupt) {
  const ProcessFile read(file);
  ProcessProgram program;
  program.program = file.program(instead);
  program.arguments = read.arguments();
  program.environment = read.environment();
  program.directory = read.directory();
  program.readable = read.readable();
  program.open_files_max = read.open_files_max();
  program.network = read.network();
  program.http = read.http();
  EngineIdentity& identity = program.identity;
  identity.name = name;
  identity.dialect = program.http ? std::string(kHttpDialect) : file.kind();
  identity.sha256 = sha256_hex_of_file(program.program);
  identity.arguments = program.arguments;
  identity.files = hash_files(program);
  if (program.network == SandboxNetwork::kLoopback) identity.network = kLoopback;
  if (program.http) identity.network += ", " + to_words(*program.http);
  identity.environment.assign(program.environment.begin(), program.environment.end());
  identity.version = find_version(program, interrupt);
  return program;
}

}  // namespace recrank::program
