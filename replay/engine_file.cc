// Format: docs/systems/programs.md, "The engine file"
#include "replay/engine_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <system_error>

#include "base/error.h"
#include "base/fd.h"
#include "base/secret_setting.h"
#include "base/text.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using namespace std::string_view_literals;

constexpr const char* kSchema = "recrank.engine/1";
constexpr size_t kFileBytesMax = 1 << 20;
constexpr size_t kVariablesMax = 1000;
constexpr std::array kCommon{"schema"sv,      "kind"sv,   "program"sv,
                             "environment"sv, "public"sv, "note"sv};

bool is_among(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_variable(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_';
  });
}

}  // namespace

EngineFile::EngineFile(const fs::path& path) : path_(fs::absolute(path)) {
  try {
    json_ = std::make_unique<json>(json::parse(read_small_file(path_, kFileBytesMax)));
  } catch (const json::exception& failure) {
    fail(failure.what());
  }
  if (!json_->is_object() || value("schema") != kSchema) {
    fail(std::string("its schema is not ") + kSchema);
  }
  kind_ = text(value("kind"), "kind");
}

EngineFile::~EngineFile() = default;

bool EngineFile::has(const char* member) const { return json_->contains(member); }

void EngineFile::check_members(std::span<const std::string_view> more) const {
  for (const auto& [name, value] : json_->items()) {
    if (!is_among(kCommon, name) && !is_among(more, name)) {
      fail("unknown member \"" + printable(name, 60) + "\"");
    }
  }
}

json EngineFile::value(const char* member) const {
  const auto found = json_->find(member);
  return found == json_->end() ? json() : *found;
}

std::string EngineFile::text(const json& value, const char* place) const {
  if (!value.is_string()) fail(std::string(place) + ": not a string");
  auto text = value.get<std::string>();
  if (text.find('\0') != std::string::npos) fail(std::string(place) + ": holds a zero byte");
  return text;
}

std::string EngineFile::word(const char* member) const {
  if (!has(member)) fail(std::string("it names no \"") + member + "\"");
  std::string word = text(value(member), member);
  if (word.empty()) fail(std::string(member) + ": is empty");
  return word;
}

fs::path EngineFile::beside(const fs::path& name) const {
  return (path_.parent_path() / name).lexically_normal();
}

fs::path EngineFile::directory(const char* member) const {
  fs::path directory = beside(word(member));
  std::error_code error;
  if (fs::is_directory(directory, error)) return directory;
  fail(std::string(member) + ": no directory " + directory.string());
}

fs::path EngineFile::program(const std::optional<fs::path>& instead) const {
  if (instead) return runnable(fs::absolute(*instead), instead->string());
  const std::string name = word("program");
  if (name.find('/') != std::string::npos) return runnable(beside(name), name);
  const char* const path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string each; std::getline(directories, each, ':');) {
    const fs::path candidate = fs::absolute(fs::path(each) / name);
    std::error_code error;
    const bool file = fs::is_regular_file(candidate, error);
    if (file && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  const std::string shown = printable(name, 100);
  fail("program: no '" + shown + "' on PATH ('./" + shown + "' is the one beside this file)");
}

fs::path EngineFile::runnable(const fs::path& program, const std::string& name) const {
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

std::map<std::string, std::string> EngineFile::environment(std::string_view harmless,
                                                           std::string_view remedy) const {
  std::map<std::string, std::string> variables;
  if (!has("environment")) return variables;
  const json object = value("environment");
  if (!object.is_object() || object.size() > kVariablesMax) {
    fail("environment: not an object of at most 1000 strings");
  }
  const std::set<std::string> shown = public_variables(object);
  for (const auto& [name, value] : object.items()) {
    if (!is_variable(name)) {
      fail("environment: '" + printable(name, 60) + "' is no name of a variable");
    }
    const std::string text = this->text(value, "environment");
    const bool exempt = (!harmless.empty() && text == harmless) || shown.count(name) > 0;
    if (!exempt && is_secret_setting(name, text)) {
      throw Error(ErrorCode::kUsage,
                  path_.string() + ": environment: " + name +
                      " looks like a secret, and all that an engine file names is shown in "
                      "reports: leave it out, or name it in \"public\" if it is none" +
                      std::string(remedy));
    }
    variables[name] = text;
  }
  return variables;
}

// Names of variables that may be shown, whatever they look like.
std::set<std::string> EngineFile::public_variables(const json& environment) const {
  std::set<std::string> names;
  if (!has("public")) return names;
  const json list = value("public");
  if (!list.is_array() || list.size() > kVariablesMax) {
    fail("public: not a list of at most 1000 names of variables");
  }
  for (const json& each : list) {
    const std::string name = text(each, "public");
    if (!environment.contains(name)) {
      fail("public: no variable '" + printable(name, 60) + "' is in the environment");
    }
    names.insert(name);
  }
  return names;
}

void EngineFile::fail(const std::string& what) const {
  throw Error(ErrorCode::kInvalidData, path_.string() + ": not an engine file: " + what);
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

}  // namespace recrank
