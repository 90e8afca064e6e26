#include "replay/process/view.h"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <sstream>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/fd.h"
#include "replay/process/program_words.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

constexpr int kLinksMax = 40;  // as the kernel has it
constexpr size_t kFirstLineBytes = 256;
constexpr size_t kUserBytesMax = 16 << 10;  // an entry of a user with all its words

// Programs, libraries, and of /etc what these read and nobody hides.
constexpr std::array kSystem{"/usr",
                             "/bin",
                             "/sbin",
                             "/lib",
                             "/lib32",
                             "/lib64",
                             "/etc/alternatives",
                             "/etc/ld.so.cache",
                             "/etc/ld.so.preload",
                             "/etc/localtime",
                             "/etc/timezone",
                             "/etc/nsswitch.conf",
                             "/etc/hosts",
                             "/etc/host.conf",
                             "/etc/services",
                             "/etc/protocols",
                             "/etc/mime.types",
                             "/etc/ssl/openssl.cnf",
                             "/etc/ssl/certs"};
constexpr std::array kNodes{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
// Never seen as a whole.
constexpr std::array kShared{"/"sv,    "/home"sv, "/root"sv,    "/tmp"sv, "/etc"sv,
                             "/var"sv, "/srv"sv,  "/var/tmp"sv, "/mnt"sv, "/var/lib"sv,
                             "/opt"sv, "/run"sv,  "/media"sv,   "/boot"sv};
// What a recorder asks which processors there are.
constexpr std::string_view kProcessors = "/sys/devices";
// Not of the disk: what is seen of them is settled elsewhere.
constexpr std::array kOfKernel{"/proc"sv, "/sys"sv, "/dev"sv};

bool lies_in(const fs::path& path, const fs::path& place) {
  const auto [in_path, in_place] =
      std::mismatch(path.begin(), path.end(), place.begin(), place.end());
  return in_place == place.end();
}

// As the list of users has it; empty where it knows none.
std::string listed_home() {
  std::string words(kUserBytesMax, '\0');
  passwd user{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &user, words.data(), words.size(), &found) != 0) return "";
  return found == nullptr ? "" : found->pw_dir;
}

bool is_home(const fs::path& path) {
  const char* const named = std::getenv("HOME");
  for (const std::string& home : {std::string(named == nullptr ? "" : named), listed_home()}) {
    if (home.starts_with('/') && lies_in(fs::path(home).lexically_normal(), path)) return true;
  }
  return path.parent_path() == "/home";
}

bool is_shared(const fs::path& path) {
  return std::find(kShared.begin(), kShared.end(), path.native()) != kShared.end() || is_home(path);
}

bool is_of_kernel(const fs::path& path) {
  return std::any_of(kOfKernel.begin(), kOfKernel.end(),
                     [&](std::string_view place) { return lies_in(path, place); });
}

class ViewBuilder {
 public:
  // Follows each link on the way, and keeps it: what a program makes of its own path is the same
  // inside as outside.
  void see(fs::path path, SeenFor use) {
    path = without_slash(path.lexically_normal());
    for (int links = 0; links < kLinksMax; ++links) {
      const fs::path link = first_link(path);
      if (link.empty()) break;
      std::error_code error;
      const fs::path target = fs::read_symlink(link, error);
      if (error) return;
      view_.links[link] = target;
      path = without_slash(
          (link.parent_path() / target / path.lexically_relative(link)).lexically_normal());
    }
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status) || path.is_relative()) return;
    if (use == SeenFor::kReading && is_of_kernel(path) && path != kProcessors) return;
    if (use == SeenFor::kReading && fs::is_directory(status) && is_shared(path)) return;
    view_.seen.push_back({std::move(path), use});
  }

  [[nodiscard]] bool sees(const fs::path& path) const {
    return std::any_of(view_.seen.begin(), view_.seen.end(),
                       [&](const Seen& seen) { return lies_in(path, seen.path); });
  }

  View take(const fs::path& directory) {
    std::sort(view_.seen.begin(), view_.seen.end(), [](const Seen& one, const Seen& other) {
      return std::tie(one.path, other.use) < std::tie(other.path, one.use);
    });
    std::vector<Seen> kept;
    for (Seen& seen : view_.seen) {
      const bool covered = std::any_of(kept.begin(), kept.end(), [&](const Seen& outer) {
        return lies_in(seen.path, outer.path) &&
               (seen.use == outer.use || outer.use == SeenFor::kWriting);
      });
      if (!covered) kept.push_back(std::move(seen));
    }
    view_.seen = std::move(kept);
    std::erase_if(view_.links, [&](const auto& link) { return sees(link.first); });
    std::error_code error;
    view_.directory = fs::canonical(directory, error);
    return std::move(view_);
  }

 private:
  static fs::path without_slash(const fs::path& path) {
    return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
  }

  static fs::path first_link(const fs::path& path) {
    fs::path so_far;
    std::error_code error;
    for (const fs::path& part : path) {
      so_far /= part;
      if (fs::is_symlink(so_far, error)) return so_far;
    }
    return {};
  }

  View view_;
};

// Of a program that is a text: the words of its first line.
std::vector<std::string> interpreter_of(const fs::path& program) {
  const UniqueFd file(::open(program.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::string head(kFirstLineBytes, '\0');
  const ssize_t got = file.valid() ? ::read(file.get(), head.data(), head.size()) : 0;
  head.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (!head.starts_with("#!")) return {};
  std::istringstream line(head.substr(2, head.find('\n') - 2));
  std::vector<std::string> words;
  for (std::string word; line >> word;) words.push_back(word);
  return words;
}

fs::path on_path(const std::string& name, const std::map<std::string, std::string>& environment) {
  const auto path = environment.find("PATH");
  std::istringstream list(path == environment.end() ? "/usr/bin:/bin" : path->second);
  for (std::string directory; std::getline(list, directory, ':');) {
    const fs::path candidate = fs::path(directory) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

fs::path loader() {
  for (const char* const path : {"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return {};
}

// What the loader would load for it, asked of the loader itself, which runs no code of the program.
// It is contained all the same, for it reads what a stranger wrote.
std::vector<fs::path> libraries_of(const fs::path& program,
                                   const std::map<std::string, std::string>& environment,
                                   const Interrupt& interrupt) {
  std::vector<fs::path> libraries;
  if (loader().empty()) return libraries;
  const auto told = ask_program({.program = loader(),
                                 .arguments = {"--list", program.string()},
                                 .environment = environment,
                                 .reads_all = true},
                                interrupt);
  std::istringstream lines(told.value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const size_t begin = line.find('/');
    const size_t end = line.rfind(" (");
    if (begin == line.npos || end == line.npos || end < begin) continue;
    libraries.emplace_back(line.substr(begin, end - begin));
  }
  return libraries;
}

// Asked once for a program as it is.
std::vector<fs::path> known_libraries_of(const fs::path& program,
                                         const std::map<std::string, std::string>& environment,
                                         const Interrupt& interrupt) {
  using Key = std::tuple<fs::path, fs::file_time_type, std::map<std::string, std::string>>;
  static std::mutex* const mutex = new std::mutex;
  static auto* const known = new std::map<Key, std::vector<fs::path>>;
  std::error_code error;
  Key key{program, fs::last_write_time(program, error), environment};
  {
    const std::scoped_lock lock(*mutex);
    if (const auto found = known->find(key); found != known->end()) return found->second;
  }
  std::vector<fs::path> libraries = libraries_of(program, environment, interrupt);
  const std::scoped_lock lock(*mutex);
  return known->insert_or_assign(std::move(key), std::move(libraries)).first->second;
}

void see_program(ViewBuilder& view, const fs::path& program, const ViewOf& whom,
                 const Interrupt& interrupt) {
  std::error_code error;
  const fs::path real = fs::canonical(program, error);
  view.see(program, SeenFor::kReading);
  if (error || !fs::is_regular_file(real, error)) return;
  view.see(program.parent_path(), SeenFor::kReading);  // where it looks when it goes by its name
  if (lies_in(real, "/usr")) return;
  view.see(real.parent_path(), SeenFor::kReading);
  if (real.parent_path().filename() == "bin") {
    view.see(real.parent_path().parent_path() / "lib", SeenFor::kReading);
  }
  for (const fs::path& library : known_libraries_of(real, whom.environment, interrupt)) {
    view.see(library, SeenFor::kReading);
  }
}

}  // namespace

View view_of(const ViewOf& whom, const SandboxOptions& options, const Interrupt& interrupt) {
  ViewBuilder view;
  for (const char* const path : kSystem) view.see(path, SeenFor::kReading);
  for (const char* const path : kNodes) view.see(path, SeenFor::kNode);
  see_program(view, whom.program, whom, interrupt);
  for (const fs::path& program : options.programs) see_program(view, program, whom, interrupt);
  const std::vector<std::string> words = interpreter_of(whom.program);
  if (!words.empty()) see_program(view, words.front(), whom, interrupt);
  for (const std::string& word : words) {  // of #!/usr/bin/env -S name
    if (word.find('/') != word.npos || word.front() == '-') continue;
    const fs::path found = on_path(word, whom.environment);
    if (!found.empty()) see_program(view, found, whom, interrupt);
  }
  view.see(whom.directory, SeenFor::kReading);
  if (options.may_fork) view.see(kProcessors, SeenFor::kReading);
  for (const fs::path& path : options.readable) view.see(path, SeenFor::kReading);
  for (const fs::path& path : options.writable) view.see(path, SeenFor::kWriting);
  return view.take(whom.directory);
}

std::vector<fs::path> named_paths(const std::vector<std::string>& words,
                                  const std::map<std::string, std::string>& environment,
                                  const fs::path& directory) {
  std::vector<fs::path> paths;
  const auto take = [&](std::string_view word) {
    std::error_code error;
    if (word.empty()) return;
    const fs::path path = directory / word;
    if (fs::exists(path, error)) paths.push_back(path);
  };
  for (const std::string_view word : words) {
    take(word);
    if (const size_t at = word.find("=/"); at != word.npos) take(word.substr(at + 1));
  }
  for (const auto& [name, value] : environment) {
    std::istringstream list(value);
    for (std::string each; std::getline(list, each, ':');) {
      if (each.starts_with('/')) take(each);
    }
  }
  return paths;
}

}  // namespace recrank
