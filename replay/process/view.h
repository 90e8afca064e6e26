// What an engine sees of the file system: the system's programs and libraries, its own program with
// what that is linked with, its directory, and what its command line names. Everything at the path
// that it has outside, so that paths in backtraces and messages are the user's.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "replay/process/containment.h"

namespace recrank {

enum class SeenFor {
  kReading,
  kWriting,
  kNode,  // a device that holds nothing: /dev/null
};

struct Seen {
  std::filesystem::path path;  // absolute and normal; it is there
  SeenFor use = SeenFor::kReading;
};

struct View {
  std::vector<Seen> seen;  // outer before inner; no symbolic link leads to one
  std::map<std::filesystem::path, std::filesystem::path> links;  // with where each leads
  std::filesystem::path directory;                               // is there in any case
};

// Whom a view is for.
struct ViewOf {
  std::filesystem::path program;
  std::filesystem::path directory;  // where it works
  std::map<std::string, std::string> environment;
};

// A place that others keep things in is never seen as a whole: the root, a home, /tmp, /etc and
// their like; a program that lies in one is seen alone. Throws kWorker when the loader, who is
// asked for libraries, cannot be run.
[[nodiscard]] View view_of(const ViewOf& whom, const SandboxOptions& options,
                           const Interrupt& interrupt);

// The files and directories that words of a command line and values of an environment name, as they
// are found from `directory`: for options.readable, where the words are the user's.
[[nodiscard]] std::vector<std::filesystem::path> named_paths(
    const std::vector<std::string>& words, const std::map<std::string, std::string>& environment,
    const std::filesystem::path& directory);

}  // namespace recrank
