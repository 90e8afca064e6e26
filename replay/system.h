// A system: all that belongs to one kind of machine, as general code gets at it.
//
// Each lies in a folder of its name in snapshot/ (its formats) and in replay/ (its dialects and
// engines), gives one System there, and is known once that stands in the one table,
// harness/systems.cc. How to add one: docs/adding-a-system.md.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/interrupt.h"
#include "replay/dialect.h"
#include "replay/engine.h"
#include "replay/engine_file.h"
#include "snapshot/format.h"

namespace recrank {

// Where an engine is and what the user says of it. `parts`: files that take the place of those
// beside its program, by the names of System::parts.
struct EngineSource {
  std::string name;             // what the user calls it
  std::filesystem::path place;  // an engine file, or as System::ProgramEngines::open takes it
  std::vector<std::pair<std::string, std::filesystem::path>> parts;
  std::optional<std::string> dialect;            // overrides what would be found out
  std::optional<std::filesystem::path> program;  // takes the place of the one an engine file names
};

// Engines that an engine file describes: JSON with "kind" (replay/engine_file.h). Throws
// what is wrong with the file, kWorker for a program that cannot be run.
struct EngineKind {
  std::string_view name;  // its "kind"
  // `file` is what lies at the source's place.
  std::unique_ptr<Engine> (*open)(const EngineFile& file, const EngineSource& source,
                                  const Interrupt& interrupt) = nullptr;
};

// Engines that need no engine file: programs of this system, told by running them.
struct ProgramEngines {
  std::unique_ptr<Engine> (*open)(const EngineSource& source, const Interrupt& interrupt) = nullptr;
  // The program itself, of a path that may be a directory.
  std::filesystem::path (*program_of)(const std::filesystem::path& place) = nullptr;
  // What belongs to it beside the program and can be given in another's place, by name.
  std::span<const std::string_view> parts = {};
  std::vector<std::pair<std::string, std::filesystem::path>> (*parts_beside)(
      const std::filesystem::path& place) = nullptr;
  // The file of a part where a user points; nullopt, and `why` is one line about it.
  std::optional<std::filesystem::path> (*find_part)(const std::filesystem::path& place,
                                                    std::string_view part,
                                                    std::string& why) = nullptr;
  // Its text as a Setup takes it; kInvalidData if no engine could run it.
  std::string (*read_part)(const std::filesystem::path& file) = nullptr;
  // The same of any text of a Setup, whose content is for the engine to judge. kIo and
  // kInvalidData name the file.
  std::string (*read_setup_text)(const std::filesystem::path& file) = nullptr;
  std::string_view how_to_get = {};  // those that ./quickstart builds, for people
};

// An engine that is a part of recrank itself.
struct NativeEngine {
  std::string_view name;
  std::string_view dialect;
  std::unique_ptr<Engine> (*open)() = nullptr;
};

struct System {
  std::string_view name;  // of its folders
  std::string_view page;  // in docs/systems, without .md
  std::span<const Dialect* const> dialects;
  std::span<const Format* const> formats;
  std::span<const EngineKind> kinds = {};
  const ProgramEngines* programs = nullptr;
  const NativeEngine* native = nullptr;
  // Options of the command line that mean something for its recordings only.
  std::span<const std::string_view> options = {};
};

// All systems. Defined in harness/systems.cc.
[[nodiscard]] std::span<const System* const> systems();

// The system that a dialect is of.
[[nodiscard]] const System& system_of_dialect(std::string_view dialect);
// Whether an option of that name means nothing for recordings of `system`: it is another's.
[[nodiscard]] bool is_option_of_another(const System& system, std::string_view option);
// The system whose programs need no engine file; null: no system has such.
[[nodiscard]] const System* system_of_programs();
// Null: no system has engine files of that kind.
[[nodiscard]] const EngineKind* find_engine_kind(std::string_view kind);
[[nodiscard]] std::string engine_kind_names();  // "process", "redis" and "henyey"

}  // namespace recrank
