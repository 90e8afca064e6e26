#include "harness/predicate_command.h"

#include "base/error.h"
#include "base/text.h"
#include "harness/shell_command.h"

namespace recrank {

std::optional<bool> run_predicate(const std::string& command, const std::filesystem::path& file,
                                  const Interrupt& interrupt) {
  const auto end = run_shell({command, {file.string()}, {}, {}}, interrupt);
  if (!end) return std::nullopt;
  if (end->status == 126 || end->status == 127) {
    throw Error(ErrorCode::kUsage, "--predicate " + printable(command, 200) + ": it cannot be run (status " +
                                       std::to_string(end->status) + ")");
  }
  return end->status == 0;
}

}  // namespace recrank
