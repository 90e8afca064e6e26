// A program that tries whatever a hostile engine could: for each attack it prints one line,
//
//   GROUP<TAB>NAME<TAB>stopped EPERM      the kernel refused
//   GROUP<TAB>NAME<TAB>BREACH …           it worked
//
//   hostile_program FILE SECRET PID [flood]
//
// FILE: a file of the user's that it can see; SECRET: one that it should not; PID: a process of the
// user's. With a fourth word, "flood", it tries what may be its end. Attacks that would do harm
// where they succeed are made with arguments that the kernel refuses only after it has looked at
// the caller's rights.
//
// Links nothing of recrank and is built without sanitizers.

#include "tests/stand_ins/hostile_program.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace hostile {

Target target;

namespace {

constexpr int kThreads = 5000;

// What a process of the kernel's, another program or its parent has in its environment.
long read_environments() {
  namespace fs = std::filesystem;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    if (name == std::to_string(::getpid())) continue;
    std::ifstream file(entry.path() / "environ");
    std::string text;
    // The first process of a namespace of ours is none of the user's.
    if (std::getline(file, text, '\0') && text.find("PWD=/") != 0) return 1;
  }
  errno = EACCES;
  return -1;
}

long see_others() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name == "1" || name == std::to_string(::getpid())) continue;
    if (name.find_first_not_of("0123456789") == name.npos) return 1;
  }
  errno = ESRCH;
  return -1;
}

// Rights that it has, or may come to.
long has_capabilities() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    for (const char* const set : {"CapPrm:", "CapEff:", "CapAmb:", "CapInh:"}) {
      if (line.rfind(set, 0) == 0 && line.find_first_of("123456789abcdef", 7) != line.npos)
        return 1;
    }
  }
  errno = EPERM;
  return -1;
}

void* wait_for_ever(void*) {
  for (;;) ::pause();
}

long make_threads() {
  pthread_attr_t small;
  ::pthread_attr_init(&small);
  ::pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN);
  for (int made = 0; made < kThreads; ++made) {
    pthread_t thread{};
    if (const int refused = ::pthread_create(&thread, &small, wait_for_ever, nullptr)) {
      errno = refused;
      return -1;
    }
  }
  return kThreads;
}

long read_file(const char* path) {
  char byte = 0;
  const int file = ::open(path, O_RDONLY);
  return file < 0 ? -1 : ::read(file, &byte, 1);
}

long of_process(const char* what, int how) {
  const std::string path = "/proc/" + std::to_string(target.pid) + "/" + what;
  return ::open(path.c_str(), how);
}

const Attack kReading[] = {
    {"reads the user's secret", [] { return read_file(target.secret); }},
    {"reads /etc/shadow", [] { return read_file("/etc/shadow"); }},
    {"lists where the secret lies",
     [] {
       const auto place = std::filesystem::path(target.secret).parent_path();
       return static_cast<long>(::open(place.c_str(), O_RDONLY | O_DIRECTORY));
     }},
    {"reads environments of others", read_environments},
    {"reads memory of another", [] { return of_process("mem", O_RDONLY); }},
    {"writes memory of another", [] { return of_process("mem", O_RDWR); }},
    {"reads maps of another", [] { return of_process("maps", O_RDONLY); }},
    {"reads the directory of another", [] { return of_process("cwd/.", O_RDONLY); }},
    {"sees that there are others", see_others},
    {"writes to the kernel's settings",
     [] { return static_cast<long>(::open("/proc/sys/kernel/core_pattern", O_WRONLY)); }},
    {"writes to sysrq-trigger",
     [] { return static_cast<long>(::open("/proc/sysrq-trigger", O_WRONLY)); }},
    {"opens a disk", [] { return static_cast<long>(::open("/dev/vda", O_RDONLY)); }},
    {"opens the memory", [] { return static_cast<long>(::open("/dev/mem", O_RDONLY)); }},
    {"has capabilities", has_capabilities},
};

constexpr Attack kFlood{"makes 5,000 threads", make_threads};

void make(const char* group, const Attack& attack) {
  errno = 0;
  const long got = attack.make();
  if (got < 0 && is_refusal(errno)) {
    std::printf("%s\t%s\tstopped %s\n", group, attack.name, ::strerrorname_np(errno));
  } else {
    std::printf("%s\t%s\tBREACH %ld %s\n", group, attack.name, got, std::strerror(errno));
  }
  std::fflush(stdout);
}

void make_all(const char* group, std::span<const Attack> attacks) {
  for (const Attack& attack : attacks) make(group, attack);
}

}  // namespace

bool is_refusal(int error) {
  for (const int each : {EPERM, EACCES, EROFS, ENOSYS, ENOENT, ENXIO, ESRCH, ENOTDIR, EAGAIN}) {
    if (error == each) return true;
  }
  return false;
}

}  // namespace hostile

int main(int argc, char** argv) {
  using namespace hostile;
  if (argc < 4) return 2;
  target = {argv[1], argv[2], std::atoi(argv[3])};
  if (argc > 4 && std::strcmp(argv[4], "flood") == 0) {
    make("flood", kFlood);
    ::pause();  // whoever looks finds them
  } else {
    make_all("reading", kReading);
    make_all("files", attacks_on_files());
    make_all("processes", attacks_on_processes());
    make_all("machine", attacks_on_the_machine());
  }
  return 0;
}
