// The program: signals, terminal, one command.

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <unistd.h>

#include "harness/cli/command.h"

namespace {

recrank::Interrupt& interrupt() {
  static recrank::Interrupt instance;
  return instance;
}

// The first Ctrl-C asks for a clean end with a partial report; the second one ends at once.
extern "C" void on_interrupt(int signal) {
  interrupt().request();
  std::signal(signal, SIG_DFL);
}

bool can_rewrite_a_line() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0;
}

}  // namespace

int main(int argc, char** argv) {
  interrupt();  // made before a handler can need it
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  // An engine that dies while we write to it is an outcome, not our end.
  std::signal(SIGPIPE, SIG_IGN);
  // A file that may not grow further is an error with a name.
  std::signal(SIGXFSZ, SIG_IGN);
  recrank::Context context{{std::cout, std::cerr, can_rewrite_a_line()}, interrupt()};
  try {
    return recrank::run_command_line({argv + 1, argv + argc}, context);
  } catch (const std::exception& error) {
    std::cerr << "recrank: internal error: " << error.what() << ". Please report it.\n";
    std::abort();
  }
}
