// The shim as a launcher, for a program that nobody else starts.
#pragma once

namespace recrank::shim {

// Runs `words` (ended by a null pointer, as argv) and ends as it does: gives its exit status, or
// dies by the same signal, without a core file. `report`: the file that takes the crash report;
// null: none. SIGCHLD and SIGUSR1 must be blocked. Gives 127 and a line on stderr when the program
// cannot be run.
[[nodiscard]] int launch(char** words, const char* report);

}  // namespace recrank::shim
