// The commands that a page shows, and what it says they print.
#pragma once

#include <string>
#include <vector>

namespace recrank::testing_support {

struct PageCommand {
  size_t line = 0;   // in its page, from 1
  std::string text;  // for sh
  // What the page shows below it; empty: the page only names the command.
  std::vector<std::string> output;
};

// Of the fenced blocks of a page, scripts left out: what follows "$ " with the lines below it, and
// in blocks without such, every line that begins with "recrank ". There, what stands behind two
// spaces is a remark.
[[nodiscard]] std::vector<PageCommand> commands_of_page(const std::string& page_text);

// Where `printed` is not what the page shows: one line for people; empty: nowhere. Times, sizes,
// rates, addresses and counts of frames may differ. "…" in a line stands for anything, a line that
// begins with it, or is a frame of a backtrace, for any number of lines: where a stack ends hangs
// on the layout of the process.
[[nodiscard]] std::string difference(const PageCommand& command, const std::string& printed);

}  // namespace recrank::testing_support
