// Format: docs/systems/programs.md, "The engine file"
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/secret_setting.h"
#include "base/text.h"
#include "replay/process_engine.h"
#include "replay/program_words.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kSchema = "recrank.engine/1";
constexpr const char* kNoNetwork = "none";
constexpr const char* kLoopback = "loopback";
constexpr const char* kMadeUp = "{{made-up}}";
constexpr uint64_t kPortLeast = 1024;
constexpr uint64_t kPortMost = 65535;
constexpr size_t kFileBytesMax = 1 << 20;
constexpr size_t kWordsMax = 1000;
constexpr size_t kVersionBytes = 200;
constexpr uint64_t kOpenFilesLeast = 16;
constexpr uint64_t kOpenFilesMost = 65536;

// The members of one engine file.
class EngineFile {
 public:
  explicit EngineFile(const fs::path& path) : path_(fs::absolute(path)) {
    try {
      json_ = json::parse(read_small_file(path_, kFileBytesMax));
    } catch (const json::exception& failure) {
      fail(failure.what());
    }
    if (!json_.is_object() || json_.value("schema", json()) != kSchema) {
      fail(std::string("its schema is not ") + kSchema);
    }
    static_cast<void>(era());
    constexpr std::array kKnown{"schema",      "kind",              "program",
                                "arguments",   "environment",       "working_directory",
                                "open_files",  "network",           "transport",
                                "http",        "note"};
    for (const auto& [name, value] : json_.items()) {
      if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
        fail("unknown member \"" + printable(name, 60) + "\"");
      }
    }
  }

  // Of the recordings that it can replay: its "kind".
  [[nodiscard]] Era era() const {
    for (const Era era : {Era::kProcess, Era::kRedis}) {
      if (json_.value("kind", json()) == dialect_name(era)) return era;
    }
    fail("its kind is neither \"process\" nor \"redis\"");
  }

  [[nodiscard]] fs::path directory() const {
    if (!json_.contains("working_directory")) return path_.parent_path();
    const fs::path directory = beside(word(json_["working_directory"], "working_directory"));
    std::error_code error;
    if (!fs::is_directory(directory, error)) {
      fail("working_directory: no directory " + directory.string());
    }
    return directory;
  }

  // A bare name is looked up on PATH.
  [[nodiscard]] fs::path program(const std::optional<fs::path>& instead) const {
    if (instead) return runnable(fs::absolute(*instead), instead->string());
    if (!json_.contains("program")) fail("it names no \"program\"");
    const std::string name = word(json_["program"], "program");
    if (name.find('/') != std::string::npos) return runnable(beside(name), name);
    const char* const path = std::getenv("PATH");
    std::istringstream directories(path == nullptr ? "/usr/bin:/bin" : path);
    for (std::string each; std::getline(directories, each, ':');) {
      const fs::path candidate = fs::absolute(fs::path(each) / name);
      std::error_code error;
      const bool file = fs::is_regular_file(candidate, error);
      if (file && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    }
    fail("program: no '" + printable(name, 100) + "' on PATH");
  }

  [[nodiscard]] std::vector<std::string> arguments() const {
    std::vector<std::string> words;
    if (!json_.contains("arguments")) return words;
    const json& list = json_["arguments"];
    if (!list.is_array() || list.size() > kWordsMax) fail("arguments: not a list of at most 1000 strings");
    for (const json& each : list) words.push_back(word(each, "arguments"));
    return words;
  }

  [[nodiscard]] std::map<std::string, std::string> environment() const {
    std::map<std::string, std::string> variables;
    if (!json_.contains("environment")) return variables;
    const json& object = json_["environment"];
    if (!object.is_object() || object.size() > kWordsMax) {
      fail("environment: not an object of at most 1000 strings");
    }
    for (const auto& [name, value] : object.items()) {
      const bool sound = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_';
      });
      if (!sound) fail("environment: '" + printable(name, 60) + "' is no name of a variable");
      const std::string text = word(value, "environment");
      const bool made_up = over_http() && text == kMadeUp;
      if (!made_up && looks_secret(name, text)) {
        throw Error(ErrorCode::kUsage,
                    path_.string() + ": environment: " + name +
                        " looks like a secret, and all that an engine file names is shown in "
                        "reports: leave it out, or, with \"transport\":\"http\", give it the value {{made-up}}");
      }
      variables[name] = text;
    }
    return variables;
  }

  [[nodiscard]] uint64_t open_files_max() const {
    if (!json_.contains("open_files")) return ProcessProgram().open_files_max;
    const json& value = json_["open_files"];
    const bool sound = value.is_number_unsigned() && value.get<uint64_t>() >= kOpenFilesLeast &&
                       value.get<uint64_t>() <= kOpenFilesMost;
    if (!sound) fail("open_files: not a number from 16 to 65536");
    return value.get<uint64_t>();
  }

  [[nodiscard]] SandboxNetwork network() const {
    const json value = json_.value("network", json(over_http() ? kLoopback : kNoNetwork));
    if (over_http() && value != kLoopback) fail("network: a program over HTTP needs \"loopback\"");
    if (value == kNoNetwork) return SandboxNetwork::kNone;
    if (value == kLoopback) return SandboxNetwork::kLoopback;
    fail("network: neither \"none\" nor \"loopback\"");
  }

  [[nodiscard]] bool over_http() const {
    const json value = json_.value("transport", json("stdio"));
    if (value != "stdio" && value != "http") fail("transport: neither \"stdio\" nor \"http\"");
    if (value == "stdio" && json_.contains("http")) fail("http: needs \"transport\":\"http\"");
    return value == "http";
  }

  [[nodiscard]] std::optional<HttpTransport> http() const {
    if (!over_http()) return std::nullopt;
    const json object = json_.value("http", json::object());
    if (!object.is_object()) fail("http: not an object");
    for (const auto& [name, value] : object.items()) {
      if (name != "stub_port" && name != "event_port" && name != "event_path") {
        fail("http: unknown member \"" + printable(name, 60) + "\"");
      }
    }
    HttpTransport transport;
    if (object.contains("stub_port")) transport.stub_port = port(object["stub_port"]);
    if (object.contains("event_port")) transport.event_port = port(object["event_port"]);
    if (transport.event_port == transport.stub_port) fail("http: event_port is that of the stub");
    if (object.contains("event_path")) transport.event_path = word(object["event_path"], "http: event_path");
    const bool sound = transport.event_path.starts_with('/') &&
                       transport.event_path.find_first_of(" \r\n\t") == std::string::npos;
    if (!sound) fail("http: event_path is no path of a request");
    return transport;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kInvalidData, path_.string() + ": not an engine file: " + what);
  }

  [[nodiscard]] uint16_t port(const json& value) const {
    const bool sound = value.is_number_unsigned() && value.get<uint64_t>() >= kPortLeast &&
                       value.get<uint64_t>() <= kPortMost;
    if (!sound) fail("http: a port is a number from 1024 to 65535");
    return value.get<uint16_t>();
  }

  [[nodiscard]] std::string word(const json& value, const char* member) const {
    if (!value.is_string()) fail(std::string(member) + ": not a string");
    auto text = value.get<std::string>();
    if (text.find('\0') != std::string::npos) fail(std::string(member) + ": holds a zero byte");
    return text;
  }

  [[nodiscard]] fs::path beside(const fs::path& name) const {
    return (path_.parent_path() / name).lexically_normal();
  }

  [[nodiscard]] fs::path runnable(const fs::path& program, const std::string& name) const {
    std::error_code error;
    if (!fs::is_regular_file(program, error)) {
      throw Error(ErrorCode::kWorker, path_.string() + ": program: no file " + program.string() +
                                          " ('" + printable(name, 200) +
                                          "' is taken from the engine file's directory)");
    }
    if (::access(program.c_str(), X_OK) == 0) return program;
    throw Error(ErrorCode::kWorker,
                path_.string() + ": program: " + program.string() + " is not executable");
  }

  fs::path path_;
  json json_;
};

// The first line that the program prints when it is asked so; nullopt: it does not answer.
std::optional<std::string> ask_version(const ProcessProgram& program, const char* option,
                                       const Interrupt& interrupt) {
  const auto output = ask_program({.program = program.program,
                                   .arguments = {option},
                                   .environment = program.environment,
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

bool looks_secret(std::string_view name, std::string_view value) {
  return is_secret_setting(name, value);
}

bool is_engine_file(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  const UniqueFd file = open_for_read(path);
  std::array<char, 64> head{};
  const size_t size = read_some_at(file.get(), head.data(), head.size(), 0, path.string());
  const std::string_view text(head.data(), size);
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

ProcessProgram load_engine_file(const fs::path& file, const std::string& name,
                                const std::optional<fs::path>& instead, const Interrupt& interrupt) {
  const EngineFile read(file);
  ProcessProgram program;
  program.program = read.program(instead);
  program.arguments = read.arguments();
  program.environment = read.environment();
  program.directory = read.directory();
  program.open_files_max = read.open_files_max();
  program.network = read.network();
  program.http = read.http();
  EngineIdentity& identity = program.identity;
  identity.name = name;
  identity.dialect = dialect_name(program.http ? Era::kHttp : read.era());
  identity.sha256 = sha256_hex_of_file(program.program);
  identity.arguments = program.arguments;
  identity.files = hash_files(program);
  if (program.network == SandboxNetwork::kLoopback) identity.network = kLoopback;
  if (program.http) identity.network += ", " + to_words(*program.http);
  identity.environment.assign(program.environment.begin(), program.environment.end());
  identity.version = find_version(program, interrupt);
  return program;
}

}  // namespace recrank
