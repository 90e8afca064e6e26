// The program: signals, terminal, one command.

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "harness/cli/command.h"

namespace {

recrank::Interrupt& interrupt() {
  static recrank::Interrupt instance;
  return instance;
}

// The first Ctrl-C, or another of those signals, asks for a clean end with a partial report; the
// second one ends at once.
extern "C" void on_interrupt(int signal) {
  interrupt().request();
  // A terminal that goes away sends several.
  if (signal != SIGHUP) std::signal(signal, SIG_DFL);
}

// A descriptor that was closed before us would be given to the next file that is opened, and what
// is said would be written into it. So it is taken, in a way that nobody can use.
void take_closed_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    const int way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    static_cast<void>(::open("/dev/null", way | O_CLOEXEC));  // the lowest number is this one
  }
}

// Those that end a program politely. Who was started with one ignored (nohup) goes on doing so.
void end_cleanly_on_signals() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  for (const int signal : {SIGHUP, SIGQUIT}) {
    if (std::signal(signal, on_interrupt) == SIG_IGN) std::signal(signal, SIG_IGN);
  }
}

bool can_rewrite_a_line() {
  const char* term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::strcmp(term, "dumb") != 0;
}

}  // namespace

int main(int argc, char** argv) {
  take_closed_descriptors();
  interrupt();  // made before a handler can need it
  end_cleanly_on_signals();
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
