#include "harness/engines/engine_registry.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "replay/agoric/xsnap_engine.h"
#include "replay/agoric/xsnap_files.h"
#include "replay/agoric/xsnap_probe.h"
#include "replay/montana/montana_engine.h"
#include "replay/program/process_engine.h"
#include "replay/redis/redis_engine.h"
#include "replay/stellar/henyey_engine.h"
#include "snapshot/agoric/bundle_text.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr size_t kRegistryBytesMax = 4 << 20;
constexpr const char* kSchema = "recrank.engines/1";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path registry_file() {
  if (const std::string home = environment("RECRANK_HOME"); !home.empty())
    return fs::path(home) / "engines.json";
  if (const std::string config = environment("XDG_CONFIG_HOME"); !config.empty()) {
    return fs::path(config) / "recrank" / "engines.json";
  }
  return fs::path(environment("HOME")) / ".config" / "recrank" / "engines.json";
}

// Where a build or an installation keeps the engines that come with it.
fs::path built_in_directory() {
  if (const std::string named = environment("RECRANK_ENGINES"); !named.empty()) return named;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (const char* relative : {"../lib/recrank/engines", "../../engines"}) {
    const fs::path directory = program.parent_path() / relative;
    if (fs::is_directory(directory, error)) return directory.lexically_normal();
  }
  return {};
}

std::vector<EngineEntry> built_in_entries() {
  std::vector<EngineEntry> entries;
  std::error_code error;
  for (const auto& each : fs::directory_iterator(built_in_directory(), error)) {
    if (!each.is_directory(error)) continue;
    EngineEntry entry;
    entry.name = each.path().filename().string();
    entry.worker = each.path();
    entry.built_in = true;
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

// What needs no program besides recrank.
std::vector<EngineEntry> native_entries() {
  std::error_code error;
  EngineEntry montana;
  montana.name = kMontanaEngine;
  montana.worker = fs::read_symlink("/proc/self/exe", error);
  montana.dialect = dialect_name(Era::kMontana);
  montana.built_in = true;
  montana.native = true;
  return {montana};
}

EngineEntry entry_from(const ordered_json& json) {
  EngineEntry entry;
  entry.name = json.at("name").get<std::string>();
  entry.worker = json.at("worker").get<std::string>();
  if (json.contains("lockdown")) entry.lockdown = json.at("lockdown").get<std::string>();
  if (json.contains("supervisor")) entry.supervisor = json.at("supervisor").get<std::string>();
  if (json.contains("dialect")) entry.dialect = json.at("dialect").get<std::string>();
  return entry;
}

ordered_json json_of(const EngineEntry& entry) {
  ordered_json json{{"name", entry.name}, {"worker", entry.worker.string()}};
  if (entry.lockdown) json["lockdown"] = entry.lockdown->string();
  if (entry.supervisor) json["supervisor"] = entry.supervisor->string();
  if (entry.dialect) json["dialect"] = *entry.dialect;
  return json;
}

std::vector<EngineEntry> read_entries(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  std::vector<EngineEntry> entries;
  try {
    const auto json = ordered_json::parse(read_small_file(file, kRegistryBytesMax));
    if (json.at("schema") != kSchema) {
      throw Error(ErrorCode::kInvalidData, file.string() + ": its schema is not " + kSchema);
    }
    for (const auto& each : json.at("engines")) entries.push_back(entry_from(each));
  } catch (const ordered_json::exception& failure) {
    throw Error(ErrorCode::kInvalidData, file.string() + ": " + failure.what() +
                                             " (mend it, or remove it and add the engines again)");
  }
  return entries;
}

std::string known_names(const std::vector<EngineEntry>& entries) {
  std::string names;
  for (const EngineEntry& entry : entries) names += " " + printable(entry.name, 60);
  return names.empty() ? " none" : names;
}

// A bundle that the user named takes the place of the one that came with the engine.
void lay_over(const std::optional<fs::path>& file, std::string& source, std::string& sha256) {
  if (!file) return;
  const std::string text = read_small_file(*file, kBundleBytesMax);
  source = bundle_source(text, file->string());
  sha256 = sha256_hex(text);
}

}  // namespace

EngineRegistry EngineRegistry::load() {
  EngineRegistry registry;
  registry.file_ = registry_file();
  registry.entries_ = built_in_entries();
  for (EngineEntry& entry : native_entries()) registry.entries_.push_back(std::move(entry));
  for (EngineEntry& entry : read_entries(registry.file_))
    registry.entries_.push_back(std::move(entry));
  return registry;
}

void EngineRegistry::add(EngineEntry entry) {
  for (const EngineEntry& known : entries_) {
    if (known.name != entry.name) continue;
    throw Error(ErrorCode::kUsage, "an engine named '" + printable(entry.name) +
                                       "' is there already: " + known.worker.string() +
                                       (known.built_in ? "; it is built in, choose another name"
                                                       : "; `recrank engines remove` it first"));
  }
  entries_.push_back(std::move(entry));
  save();
}

void EngineRegistry::remove(const std::string& name) {
  const auto known = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return entry.name == name; });
  if (known == entries_.end() || known->built_in) {
    throw Error(ErrorCode::kUsage, "no engine of your own is named '" + printable(name) +
                                       "'; known:" + known_names(entries_));
  }
  entries_.erase(known);
  save();
}

void EngineRegistry::save() const {
  ordered_json engines = ordered_json::array();
  for (const EngineEntry& entry : entries_) {
    if (!entry.built_in) engines.push_back(json_of(entry));
  }
  std::error_code error;
  fs::create_directories(file_.parent_path(), error);
  if (error)
    throw Error(ErrorCode::kIo,
                "cannot create " + file_.parent_path().string() + ": " + error.message());
  AtomicFile file(file_);
  file.write(ordered_json{{"schema", kSchema}, {"engines", std::move(engines)}}.dump(2) + "\n");
  file.commit();
}

EngineEntry EngineRegistry::find(const std::string& name_or_path) const {
  const auto known = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& each) { return each.name == name_or_path; });
  if (known != entries_.end()) return *known;
  std::error_code error;
  if (!fs::exists(name_or_path, error)) {
    const std::string shown = printable(name_or_path, 200);
    throw Error(ErrorCode::kUsage, "no engine is named '" + shown +
                                       "' and nothing lies there: recrank engines add " +
                                       shell_quote(fs::path(shown).filename().string()) +
                                       " WORKER; known:" + known_names(entries_));
  }
  EngineEntry entry;
  entry.name = name_or_path;
  entry.worker = name_or_path;
  return entry;
}

std::unique_ptr<Engine> EngineRegistry::open(const std::string& name_or_path,
                                             const std::optional<std::string>& dialect) const {
  EngineEntry entry = find(name_or_path);
  if (dialect && !entry.native) entry.dialect = dialect;
  return open_engine(entry);
}

const EngineEntry* EngineRegistry::native_engine(Era era) const {
  for (const EngineEntry& entry : entries_) {
    if (entry.native && entry.dialect == dialect_name(era)) return &entry;
  }
  return nullptr;
}

std::unique_ptr<Engine> EngineRegistry::open_default(Era era) const {
  if (const EngineEntry* native = native_engine(era)) return open_engine(*native);
  const std::string_view wanted = dialect_name(era);
  std::string troubles;
  for (const EngineEntry& entry : entries_) {
    if (entry.native) continue;
    try {
      auto engine = open_engine(entry);
      if (engine->identity().dialect == wanted) return engine;
    } catch (const Error& failure) {
      troubles += "; " + printable(entry.name, 60) + ": " + failure.what();
    }
  }
  throw Error(ErrorCode::kUnsupported,
              "no known engine speaks " + std::string(wanted) +
                  ", as this recording does (known:" + known_names(entries_) + troubles +
                  "). Add one: recrank engines add NAME WORKER, or name it with --engine");
}

std::unique_ptr<Engine> open_engine(const EngineEntry& entry) {
  RECRANK_LOG(kInfo, "engines", "opening", {"name", entry.name}, {"file", entry.worker});
  if (entry.native) return make_montana_engine();
  const Interrupt never;  // the probe has its own deadline
  if (is_engine_file(entry.worker)) {
    if (entry.lockdown || entry.supervisor || entry.dialect) {
      throw Error(ErrorCode::kUsage,
                  entry.worker.string() + ": an engine file takes no bundles and no --dialect");
    }
    const EngineFile file(entry.worker);
    if (file.era() == Era::kHenyey) {
      return make_henyey_engine(load_henyey_program(file, entry.name, entry.program, never));
    }
    ProcessProgram program = load_program(file, entry.name, entry.program, never);
    return file.era() == Era::kRedis ? make_redis_engine(std::move(program))
                                     : make_process_engine(std::move(program));
  }
  XsnapProgram program = probe_engine(
      entry.worker, {.name = entry.name, .dialect = entry.dialect.value_or("")}, never);
  lay_over(entry.lockdown, program.lockdown_source, program.identity.lockdown_sha256);
  lay_over(entry.supervisor, program.supervisor_source, program.identity.supervisor_sha256);
  return make_xsnap_engine(std::move(program));
}

std::filesystem::path program_of(const std::string& name_or_path) {
  const EngineEntry entry = EngineRegistry::load().find(name_or_path);
  return entry.native ? entry.worker : find_engine_files(entry.worker).worker;
}

}  // namespace recrank
