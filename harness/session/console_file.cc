#include "harness/session/console_file.h"

#include <limits>

#include "base/text.h"
#include "harness/console/own_form.h"

namespace recrank {

ConsoleFile::ConsoleFile(const Outputs& outputs, const std::string& path) : file_(outputs, path) {
  file_.write(std::string(console_mark()) + "subject, run but the first, step, what it printed\n");
}

void ConsoleFile::on_console(const ConsoleLine& line) {
  std::string row(line.subject_id);
  if (line.run > 0) row += " run " + std::to_string(line.run + 1);
  row += " " + std::to_string(line.step) + "  ";
  row += printable(line.text, std::numeric_limits<size_t>::max()) + "\n";
  const std::lock_guard lock(mutex_);
  file_.write(row);
}

void ConsoleFile::commit() {
  const std::lock_guard lock(mutex_);
  file_.commit();
}

}  // namespace recrank
