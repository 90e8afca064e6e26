// How a runtime says that its program has died: an error that nobody caught, a panic.
//
//   Traceback (most recent call last):          thread 'main' panicked at src/main.rs:2:5:
//     File "/srv/app.py", line 3, in <module>   index out of bounds: the len is 3 but …
//   KeyError: 'a'
//
//   panic: runtime error: index out of range    Exception in thread "main" java.lang.X: words
//                                                       at Main.main(Main.java:9)
//   goroutine 1 [running]:
//                                               app.rb:2:in `fetch': words (KeyError)
//
// Such a death is an exit whose status says next to nothing. Pure: a function of text and status.
// Forms seen: Python 3, Rust 1.36 to today, Go 1, Java 8 to 21, Ruby 2 to 3.4; of JavaScript those
// of js_death.h. What shells say is their last line: last_words.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "replay/crash/js_death.h"

namespace recrank {

struct ProgramDeath {
  std::string name;     // of the error: "KeyError"; "panic", "fatal-error"
  std::string message;  // its first line, as it stands
  std::string how;      // "uncaught", "unheard-error-event"
  std::string file;     // the innermost that is not the runtime's own, without directory and line
  bool operator==(const ProgramDeath&) const = default;
};

// `words`: the end of what the program wrote; its beginning may be cut off anywhere. nullopt: it
// does not end in such words, or they are of a form not known here.
[[nodiscard]] std::optional<ProgramDeath> parse_program_death(std::string_view words,
                                                              int exit_status);
[[nodiscard]] ProgramDeath program_death(const JsDeath& death);

}  // namespace recrank
