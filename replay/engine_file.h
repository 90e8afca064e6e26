// An engine file: JSON that names a program of the user's and how it is run. Each kind of program
// has members of its own besides (process_file.cc, henyey_file.cc).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "snapshot/recording.h"

namespace recrank {

// What is wrong with it is kInvalidData that names file and member.
class EngineFile {
 public:
  explicit EngineFile(const std::filesystem::path& path);
  ~EngineFile();
  EngineFile(const EngineFile&) = delete;
  EngineFile& operator=(const EngineFile&) = delete;

  // That it has no members but those of every engine file and `more`.
  void check_members(std::span<const std::string_view> more) const;

  // Which kind of engine it describes: its "kind" (replay/system.h).
  [[nodiscard]] const std::string& kind() const { return kind_; }

  [[nodiscard]] bool has(const char* member) const;
  // kNull where there is none.
  [[nodiscard]] nlohmann::json value(const char* member) const;
  // A string without zero bytes; `place` is how a complaint names it.
  [[nodiscard]] std::string text(const nlohmann::json& value, const char* place) const;
  // The same of a member that must be there, and not empty.
  [[nodiscard]] std::string word(const char* member) const;
  // Taken from the directory of this file.
  [[nodiscard]] std::filesystem::path beside(const std::filesystem::path& name) const;
  // That of a member that must be there, and name one.
  [[nodiscard]] std::filesystem::path directory(const char* member) const;

  // "program", or `instead`; a bare name is looked up on PATH. kWorker where it cannot be run.
  [[nodiscard]] std::filesystem::path program(
      const std::optional<std::filesystem::path>& instead) const;

  // kUsage for a variable that looks like a secret, since all of it is shown in reports, unless it
  // has the value `harmless` or the file names it in "public"; `remedy` is what else can be done.
  [[nodiscard]] std::map<std::string, std::string> environment(std::string_view harmless = {},
                                                               std::string_view remedy = {}) const;

  [[noreturn]] void fail(const std::string& what) const;

 private:
  [[nodiscard]] std::filesystem::path runnable(const std::filesystem::path& program,
                                               const std::string& name) const;
  [[nodiscard]] std::set<std::string> public_variables(const nlohmann::json& environment) const;

  std::filesystem::path path_;
  std::unique_ptr<nlohmann::json> json_;
  std::string kind_;
};

// True for a file that holds JSON, which no program does.
[[nodiscard]] bool is_engine_file(const std::filesystem::path& path);

}  // namespace recrank
