#include "harness/engines/engine_registry.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "base/atomic_file.h"
#include "base/check.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file_lock.h"
#include "base/interrupt.h"
#include "base/json.h"
#include "base/json_codec.h"
#include "base/log.h"
#include "base/text.h"
#include "harness/engines/session_lack.h"
#include "replay/engine_file.h"
#include "replay/system.h"

namespace recrank {
template <typename Members>
void json_members(Members& of, EngineEntry& entry) {
  of.required("name", entry.name);
  of.required("worker", entry.worker);
  for (const std::string_view part : engine_parts()) {
    std::optional<std::filesystem::path> file = entry.part(part);
    of.sparse(part, file);
    if (Members::kReads && file) entry.parts.emplace_back(part, *file);
  }
  of.sparse("dialect", entry.dialect);
  of.pass_over_others();
}

namespace {

namespace fs = std::filesystem;

constexpr size_t kRegistryBytesMax = 4 << 20;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
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
  std::vector<EngineEntry> entries;
  for (const System* system : systems()) {
    if (system->native == nullptr) continue;
    EngineEntry entry;
    entry.name = system->native->name;
    entry.worker = fs::read_symlink("/proc/self/exe", error);
    entry.dialect = system->native->dialect;
    entry.built_in = true;
    entry.native = true;
    entries.push_back(std::move(entry));
  }
  return entries;
}

struct UserEngines {
  std::vector<EngineEntry> engines;
};

template <typename Members>
void json_members(Members& of, UserEngines& file) {
  of.schema("recrank.engines/1");
  of.required("engines", file.engines);
  of.pass_over_others();
}

std::vector<EngineEntry> read_entries(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  const std::string text = read_small_file(file, kRegistryBytesMax);
  try {
    return read_json<UserEngines>(text, file.string()).engines;
  } catch (const Error& failure) {
    throw Error(failure.code(),
                std::string(failure.what()) + " (mend it, or remove it and add the engines again)");
  }
}

// Before whatever the failure of an engine seems to say.
std::string lack_words() {
  const std::string lack = session_lack();
  return lack.empty() ? "" : "this session has " + lack + "; ";
}

std::string known_names(const std::vector<EngineEntry>& entries) {
  std::string names;
  for (const EngineEntry& entry : entries) names += " " + printable(entry.name, 60);
  return names.empty() ? " none" : names;
}

std::unique_ptr<Engine> open_plainly(const EngineEntry& entry) {
  RECRANK_LOG(kInfo, "engines", "opening", {"name", entry.name}, {"file", entry.worker});
  if (entry.native) {
    for (const System* system : systems()) {
      if (system->native != nullptr && system->native->name == entry.name) {
        return system->native->open();
      }
    }
  }
  const Interrupt never;  // the probe has its own deadline
  const EngineSource source{entry.name, entry.worker, entry.parts, entry.dialect, entry.program};
  if (is_engine_file(entry.worker)) {
    if (!entry.parts.empty() || entry.dialect) {
      throw Error(ErrorCode::kUsage,
                  entry.worker.string() + ": an engine file takes no bundles and no --dialect");
    }
    const EngineFile file(entry.worker);
    const EngineKind* kind = find_engine_kind(file.kind());
    if (kind == nullptr) file.fail("its kind is none of " + engine_kind_names());
    return kind->open(file, source, never);
  }
  return programs().open(source, never);
}

}  // namespace

fs::path user_engines_file() {
  if (const std::string home = environment("RECRANK_HOME"); !home.empty())
    return fs::path(home) / "engines.json";
  if (const std::string config = environment("XDG_CONFIG_HOME"); !config.empty()) {
    return fs::path(config) / "recrank" / "engines.json";
  }
  return fs::path(environment("HOME")) / ".config" / "recrank" / "engines.json";
}

EngineRegistry EngineRegistry::load() {
  EngineRegistry registry;
  registry.file_ = user_engines_file();
  registry.entries_ = built_in_entries();
  for (EngineEntry& entry : native_entries()) registry.entries_.push_back(std::move(entry));
  for (EngineEntry& entry : read_entries(registry.file_))
    registry.entries_.push_back(std::move(entry));
  return registry;
}

void EngineRegistry::change_own(const std::function<void()>& change) {
  std::error_code error;
  fs::create_directories(file_.parent_path(), error);
  if (error)
    throw Error(ErrorCode::kIo,
                "cannot create " + file_.parent_path().string() + ": " + error.message());
  const UniqueFd lock = lock_file(file_.string() + ".lock");
  entries_ = load().entries_;
  change();
  save();
}

void EngineRegistry::add(EngineEntry entry) {
  change_own([&] { add_to_own(std::move(entry)); });
}

void EngineRegistry::add_to_own(EngineEntry entry) {
  for (const EngineEntry& known : entries_) {
    if (known.name != entry.name) continue;
    throw Error(ErrorCode::kUsage, "an engine named '" + printable(entry.name) +
                                       "' is there already: " + known.worker.string() +
                                       (known.built_in ? "; it is built in, choose another name"
                                                       : "; `recrank engines remove` it first"));
  }
  entries_.push_back(std::move(entry));
}

void EngineRegistry::remove(const std::string& name) {
  change_own([&] { remove_from_own(name); });
}

void EngineRegistry::remove_from_own(const std::string& name) {
  const auto known = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return entry.name == name; });
  if (known == entries_.end() || known->built_in) {
    throw Error(ErrorCode::kUsage, "no engine of your own is named '" + printable(name) +
                                       "'; known:" + known_names(entries_));
  }
  entries_.erase(known);
}

void EngineRegistry::save() const {
  UserEngines own;
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(own.engines),
               [](const EngineEntry& entry) { return !entry.built_in; });
  std::error_code absent;  // a link stays, and what it leads to is written
  const fs::path real = fs::canonical(file_, absent);
  AtomicFile file(absent ? file_ : real);
  file.write(json_text(parse_json(write_json(own)), 2) + "\n");  // in lines, since people read it
  file.commit();
}

EngineEntry EngineRegistry::known_or_at(const std::string& name_or_path) const {
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

EngineEntry EngineRegistry::find(const std::string& name_or_path) const {
  EngineEntry entry = known_or_at(name_or_path);
  if (spoken_ && !entry.native) entry.dialect = spoken_;
  return entry;
}

std::unique_ptr<Engine> EngineRegistry::open(const std::string& name_or_path) const {
  return open_engine(find(name_or_path));
}

const EngineEntry* EngineRegistry::native_engine(const std::string& dialect) const {
  for (const EngineEntry& entry : entries_) {
    if (entry.native && entry.dialect == dialect) return &entry;
  }
  return nullptr;
}

std::unique_ptr<Engine> EngineRegistry::open_default(const std::string& dialect) const {
  if (const EngineEntry* native = native_engine(dialect)) return open_engine(*native);
  std::string troubles;
  for (const EngineEntry& entry : entries_) {
    if (entry.native) continue;
    try {
      auto engine = open_plainly(entry);
      if (engine->identity().dialect == dialect) return engine;
    } catch (const Error& failure) {
      troubles += "; " + printable(entry.name, 60) + ": " + failure.what();
    }
  }
  if (const std::string lack = lack_words(); !lack.empty()) {
    throw Error(ErrorCode::kIo,
                lack + "so no engine for " + dialect + " could be started" + troubles);
  }
  throw Error(ErrorCode::kUnsupported,
              "no known engine speaks " + dialect +
                  ", as this recording does (known:" + known_names(entries_) + troubles +
                  "). Add one: recrank engines add NAME WORKER, or name it with --engine");
}

std::unique_ptr<Engine> open_engine(const EngineEntry& entry) {
  try {
    return open_plainly(entry);
  } catch (const Error& error) {
    const bool not_started = error.code() == ErrorCode::kWorker || error.code() == ErrorCode::kIo;
    const std::string lack = not_started ? lack_words() : "";
    if (lack.empty()) throw;
    throw Error(ErrorCode::kIo, lack + error.what());
  }
}

std::filesystem::path program_of(const EngineEntry& entry) {
  if (entry.native) return entry.worker;
  // An engine file names its program.
  if (is_engine_file(entry.worker)) return EngineFile(entry.worker).program(entry.program);
  return programs().program_of(entry.worker);
}

std::filesystem::path program_of(const std::string& name_or_path) {
  return program_of(EngineRegistry::load().find(name_or_path));
}

std::span<const std::string_view> engine_parts() { return programs().parts; }

const ProgramEngines& programs() {
  const System* system = system_of_programs();
  RECRANK_CHECK(system != nullptr);
  return *system->programs;
}

}  // namespace recrank
