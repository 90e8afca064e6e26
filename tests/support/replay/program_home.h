// A directory with an engine file that names the stand-in for a program.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/scratch_dir.h"

namespace recrank {

// Lives as long as the engine that is made from it.
class ProgramHome {
 public:
  // `members` go into the engine file behind "program": R"(,"environment":{"A":"1"})".
  explicit ProgramHome(std::string_view members = "");

  [[nodiscard]] std::filesystem::path engine_file() const { return write("engine.json", text_); }
  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }
  std::filesystem::path write(std::string_view name, std::string_view text) const;

 private:
  ScratchDir directory_;
  std::string text_;
};

// The path of the stand-in itself (tests/stand_ins/fake_program.cc).
[[nodiscard]] std::filesystem::path fake_program();

}  // namespace recrank
