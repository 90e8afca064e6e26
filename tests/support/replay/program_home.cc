#include "tests/support/replay/program_home.h"

#include <fstream>

namespace recrank {

ProgramHome::ProgramHome(std::string_view members)
    : text_(R"({"schema":"recrank.engine/1","kind":"process","program":")" +
            fake_program().string() + "\"" + std::string(members) + "}") {}

std::filesystem::path ProgramHome::write(std::string_view name, std::string_view text) const {
  const std::filesystem::path file = directory_.path() / name;
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

std::filesystem::path fake_program() { return RECRANK_BINARY_DIR "/bin/fake_program"; }

}  // namespace recrank
