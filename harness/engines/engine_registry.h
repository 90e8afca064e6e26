// The engines that recrank knows: those built beside it and those the user added.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "replay/engine.h"

namespace recrank {

// One known engine. Nothing of it has been run yet.
struct EngineEntry {
  std::string name;
  std::filesystem::path worker;  // a binary, a directory with one and its bundles, an engine file
  std::optional<std::filesystem::path> lockdown;
  std::optional<std::filesystem::path> supervisor;
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
  // Written to engines.json at once, whole or not at all.
  void add(EngineEntry entry);
  void remove(const std::string& name);

  // The engine of that name, or at that path. kUsage when there is neither.
  [[nodiscard]] EngineEntry find(const std::string& name_or_path) const;
  // Probes and opens it.
  [[nodiscard]] std::unique_ptr<Engine> open(const std::string& name_or_path,
                                             const std::optional<std::string>& dialect = {}) const;
  // The first known engine that speaks the era's dialect; kUnsupported that says how to add one.
  [[nodiscard]] std::unique_ptr<Engine> open_default(std::string_view era) const;
  // The part of recrank that replays recordings of that era; null: that takes another program.
  [[nodiscard]] const EngineEntry* native_engine(std::string_view era) const;

 private:
  void save() const;

  std::filesystem::path file_;
  std::vector<EngineEntry> entries_;
};

[[nodiscard]] std::unique_ptr<Engine> open_engine(const EngineEntry& entry);

// The worker binary of an engine that goes by this name or path.
[[nodiscard]] std::filesystem::path program_of(const std::string& name_or_path);

}  // namespace recrank
