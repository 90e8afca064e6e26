#include "replay/process/core_file.h"

#include <elf.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "replay/process/kernel_setting.h"
#include "snapshot/io/sparse_writer.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr uint16_t kHeadersMax = 64;  // looked at for the notes, which come first
constexpr uint64_t kNoteBytesMax = 64 << 10;
constexpr size_t kNotesMax = 64;
constexpr size_t kCopyBytes = 1 << 20;
constexpr size_t kCoresMax = 16;  // kept of one session; a core takes tens of megabytes
constexpr const char* kHowToSet = "as root: sysctl kernel.core_pattern=core";

std::string setting(const char* name) {
  const auto text = kernel_setting(name);
  if (text) return *text;
  throw Error(ErrorCode::kUnsupported, "/proc/sys/kernel/" + std::string(name) +
                                           " is not there: without it no core file can be found; "
                                           "mount /proc");
}

bool is_pipe(const CorePattern& pattern) { return pattern.text.starts_with('|'); }

std::string quoted(const std::string& text) { return "'" + printable(text, 200) + "'"; }

// The pattern as a glob: %p is the process, every other specifier may be anything.
std::string glob_of(const CorePattern& pattern, pid_t pid) {
  const std::string text = pattern.text.substr(pattern.text.rfind('/') + 1);
  std::string glob;
  bool has_pid = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (std::strchr("*?[]\\", text[i]) != nullptr) glob += '\\';
      glob += text[i];
      continue;
    }
    if (++i == text.size()) break;  // the kernel drops a lone % at the end
    if (text[i] == '%') {
      glob += '%';
    } else if (text[i] == 'p') {
      glob += std::to_string(pid);
      has_pid = true;
    } else {
      glob += '*';
    }
  }
  if (!has_pid && pattern.appends_pid) glob += "." + std::to_string(pid);
  return glob;
}

template <typename T>
bool read_object(int fd, T& object, uint64_t offset, const std::string& name) {
  return read_some_at(fd, reinterpret_cast<char*>(&object), sizeof(object), offset, name) ==
         sizeof(object);
}

// The process named by the first NT_PRPSINFO of a note segment.
std::optional<pid_t> process_of_notes(const std::string& notes) {
  const auto padded = [](uint64_t size) { return (size + 3) & ~uint64_t{3}; };
  uint64_t at = 0;
  for (size_t i = 0; i < kNotesMax && at + sizeof(Elf64_Nhdr) <= notes.size(); ++i) {
    Elf64_Nhdr note{};
    std::memcpy(&note, notes.data() + at, sizeof(note));
    const uint64_t body = at + sizeof(note) + padded(note.n_namesz);
    const uint64_t end = body + padded(note.n_descsz);
    if (end > notes.size()) return std::nullopt;
    if (note.n_type == NT_PRPSINFO && note.n_descsz == sizeof(elf_prpsinfo)) {
      elf_prpsinfo info{};
      std::memcpy(&info, notes.data() + body, sizeof(info));
      return info.pr_pid;
    }
    at = end;
  }
  return std::nullopt;
}

int64_t seek_to(int fd, int64_t offset, int whence, const fs::path& name) {
  const off_t found = ::lseek(fd, offset, whence);
  if (found < 0 && errno != ENXIO) throw_errno("cannot read " + name.string(), errno);
  return found;
}

void copy_sparse(const fs::path& from, const fs::path& to) {
  const UniqueFd source = open_for_read(from);
  AtomicFile copy(to);
  SparseWriter writer(copy.fd(), to.string());
  std::vector<char> chunk(kCopyBytes);
  int64_t begin = seek_to(source.get(), 0, SEEK_DATA, from);
  while (begin >= 0) {
    const int64_t end = seek_to(source.get(), begin, SEEK_HOLE, from);
    while (begin < end) {
      const auto want = static_cast<size_t>(std::min<int64_t>(end - begin, kCopyBytes));
      const auto at = static_cast<uint64_t>(begin);
      const size_t got = read_some_at(source.get(), chunk.data(), want, at, from.string());
      if (got == 0) break;
      writer.write_at({chunk.data(), got}, at);
      begin += static_cast<int64_t>(got);
    }
    begin = seek_to(source.get(), end, SEEK_DATA, from);
  }
  writer.finish(file_size(source.get(), from.string()));
  copy.commit();
}

size_t files_in(const fs::path& directory) {
  std::error_code error;
  size_t count = 0;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    ++count;
  }
  return count;
}

}  // namespace

CorePattern CorePattern::of_system() {
  const std::string uses_pid = setting("core_uses_pid");
  return {setting("core_pattern"), uses_pid != "0"};
}

std::string why_no_core(const CorePattern& pattern) {
  if (is_pipe(pattern)) {
    return "kernel.core_pattern is " + quoted(pattern.text) +
           ": that program swallows every core file; " + kHowToSet;
  }
  if (pattern.text.empty() && !pattern.appends_pid) {
    return std::string("kernel.core_pattern is empty: the kernel writes no core files; ") +
           kHowToSet;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  if (limit.rlim_max == 0) {
    return "the hard limit for core files is 0 here; raise it where recrank is started (ulimit "
           "-Hc)";
  }
  const size_t slash = pattern.text.rfind('/');
  if (slash == std::string::npos) return "";
  const std::string directory = pattern.text.substr(0, slash + 1);
  if (directory.find('%') != std::string::npos || directory.front() != '/') {
    return "kernel.core_pattern is " + quoted(pattern.text) +
           ": a directory that cannot be known beforehand; " + kHowToSet;
  }
  if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    return "kernel.core_pattern is " + quoted(pattern.text) + ", but " + directory +
           " cannot be written to (" + std::strerror(errno) + "); " + kHowToSet;
  }
  return "";
}

fs::path core_directory_of(const CorePattern& pattern, const fs::path& working) {
  const size_t slash = pattern.text.rfind('/');
  if (slash == std::string::npos) return working;
  return pattern.text.substr(0, slash + 1);
}

bool is_core_name(const CorePattern& pattern, pid_t pid, std::string_view name) {
  return ::fnmatch(glob_of(pattern, pid).c_str(), std::string(name).c_str(), 0) == 0;
}

std::optional<pid_t> process_of_core(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) return std::nullopt;
  const std::string name = file.string();
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  Elf64_Ehdr head{};
  if (!read_object(fd.get(), head, 0, name)) return std::nullopt;
  const bool is_core = std::memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
                       head.e_ident[EI_CLASS] == ELFCLASS64 && head.e_type == ET_CORE &&
                       head.e_phentsize == sizeof(Elf64_Phdr);
  if (!is_core) return std::nullopt;
  for (uint64_t i = 0; i < std::min(head.e_phnum, kHeadersMax); ++i) {
    Elf64_Phdr part{};
    const uint64_t at = head.e_phoff + i * sizeof(part);
    if (at < head.e_phoff || !read_object(fd.get(), part, at, name)) return std::nullopt;
    if (part.p_type != PT_NOTE) continue;
    std::string notes(std::min(part.p_filesz, kNoteBytesMax), '\0');
    notes.resize(read_some_at(fd.get(), notes.data(), notes.size(), part.p_offset, name));
    return process_of_notes(notes);
  }
  return std::nullopt;
}

std::optional<fs::path> find_core(const CorePattern& pattern, const fs::path& directory,
                                  pid_t pid) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (!is_core_name(pattern, pid, it->path().filename().string())) continue;
    if (process_of_core(it->path()) == pid) return it->path();
  }
  return std::nullopt;
}

CoreSize core_size(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) throw_errno("cannot look at " + file.string(), errno);
  return {static_cast<uint64_t>(status.st_size), static_cast<uint64_t>(status.st_blocks) * 512};
}

void move_core(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return;
  if (errno != EXDEV) throw_errno("cannot move the core file to " + to.string(), errno);
  try {
    copy_sparse(from, to);
  } catch (const Error&) {
    ::unlink(from.c_str());
    throw;
  }
  ::unlink(from.c_str());
}

CollectedCore collect_core(const CoreRequest& request, const fs::path& working, pid_t pid,
                           bool dumped) {
  try {
    const fs::path directory = core_directory_of(request.pattern, working);
    const auto found = find_core(request.pattern, directory, pid);
    if (!found) {
      return {"", dumped ? "the kernel wrote a core file, but none of this process is in " +
                               directory.string()
                         : "the kernel wrote none (a full disk at " + directory.string() +
                               ", a limit, or a signal that leaves no core)"};
    }
    if (!dumped) {
      ::unlink(found->c_str());
      return {"", "the kernel could not write all of it to " + directory.string() +
                      " (a full disk?); the rest was removed"};
    }
    if (files_in(request.keep_in) >= kCoresMax) {
      ::unlink(found->c_str());
      return {"", "those of the first " + std::to_string(kCoresMax) + " crashes were kept"};
    }
    const fs::path kept = request.keep_in / ("core-" + std::to_string(pid));
    move_core(*found, kept);
    return {kept, ""};
  } catch (const Error& error) {
    return {"", error.what()};
  }
}

}  // namespace recrank
