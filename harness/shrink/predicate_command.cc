#include "harness/shrink/predicate_command.h"

#include "base/error.h"
#include "base/text.h"
#include "harness/engines/child_command.h"

namespace recrank {

std::optional<bool> run_predicate(const std::string& command, const std::filesystem::path& file,
                                  const Interrupt& interrupt) {
  ChildCommand call;
  // "$@" puts the file behind whatever words the command has, without quoting it anew.
  call.words = shell_words(command + " \"$@\"", "recrank-predicate", {file.string()});
  const ChildEnd end = run_child(call, interrupt);
  if (end.interrupted) return std::nullopt;
  if (end.exit_status == 126 || end.exit_status == 127) {
    throw Error(ErrorCode::kUsage, "--predicate " + printable(command, 200) +
                                       ": it cannot be run (" + ending_of(end) + ")");
  }
  return end.exit_status == 0;
}

}  // namespace recrank
