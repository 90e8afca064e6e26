// The engines that recrank knows: those built beside it and those the user added.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/named.h"
#include "replay/engine.h"
#include "replay/system.h"

namespace recrank {

// One known engine. Nothing of it has been run yet.
struct EngineEntry {
  std::string name;
  std::filesystem::path worker;  // a binary, a directory with one and its bundles, an engine file
  // Files in the place of those beside it, by the names of System::parts ("lockdown").
  std::vector<std::pair<std::string, std::filesystem::path>> parts;
  [[nodiscard]] std::optional<std::filesystem::path> part(std::string_view wanted) const {
    const std::filesystem::path* file = find_named(parts, wanted);
    return file == nullptr ? std::nullopt : std::optional(*file);
  }
  std::optional<std::string> dialect;  // overrides what the probe finds
  // Of an engine file: takes the place of the program that it names. Never stored.
  std::optional<std::filesystem::path> program;
  bool built_in = false;
  bool native = false;  // a part of recrank itself: `worker` is recrank, `dialect` is known
};

// Built-in entries are what recrank can replay by itself, and the directories in $RECRANK_ENGINES,
// or in `engines` beside the program's installation or build directory. The user's own live in
// engines.json in $RECRANK_HOME, else $XDG_CONFIG_HOME/recrank, else ~/.config/recrank:
//   {"schema":"recrank.engines/1","engines":[{"name":…,"worker":…,"lockdown":…,…}]}
class EngineRegistry {
 public:
  // Throws kInvalidData when engines.json is there and cannot be understood.
  [[nodiscard]] static EngineRegistry load();

  [[nodiscard]] const std::vector<EngineEntry>& entries() const { return entries_; }
  // Written to engines.json at once, whole or not at all, with what others have added meanwhile.
  void add(EngineEntry entry);
  void remove(const std::string& name);

  // --dialect: what its engines are opened for, whatever the probe finds.
  void speak(const std::string& dialect) { spoken_ = dialect; }
  // The engine of that name, or at that path. kUsage when there is neither.
  [[nodiscard]] EngineEntry find(const std::string& name_or_path) const;
  // Probes and opens it.
  [[nodiscard]] std::unique_ptr<Engine> open(const std::string& name_or_path) const;
  // The first known engine that speaks `dialect`; kUnsupported that says how to add one.
  [[nodiscard]] std::unique_ptr<Engine> open_default(const std::string& dialect) const;
  // The part of recrank that replays recordings of that dialect; null: that takes another program.
  [[nodiscard]] const EngineEntry* native_engine(const std::string& dialect) const;

 private:
  // Reads anew, changes and writes, while nobody else does.
  void change_own(const std::function<void()>& change);
  void add_to_own(EngineEntry entry);
  void remove_from_own(const std::string& name);
  void save() const;
  [[nodiscard]] EngineEntry known_or_at(const std::string& name_or_path) const;

  std::filesystem::path file_;
  std::vector<EngineEntry> entries_;
  std::optional<std::string> spoken_;
};

// Where the user's own are kept: engines.json.
[[nodiscard]] std::filesystem::path user_engines_file();
[[nodiscard]] std::unique_ptr<Engine> open_engine(const EngineEntry& entry);
// What belongs to an engine beside its program and can be given in another's place: "lockdown".
[[nodiscard]] std::span<const std::string_view> engine_parts();
// Of the system whose programs need no engine file.
[[nodiscard]] const ProgramEngines& programs();

// The program of an engine that goes by this name or path.
[[nodiscard]] std::filesystem::path program_of(const std::string& name_or_path);
[[nodiscard]] std::filesystem::path program_of(const EngineEntry& entry);

}  // namespace recrank
