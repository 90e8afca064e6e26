#include "tests/stand_ins/fake_worker_acts.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>

#include "tests/stand_ins/fake_worker_conditions.h"
#include "tests/stand_ins/fake_worker_faults.h"

namespace fake_worker {
namespace {

[[noreturn]] void sleep_for_ever() {
  for (;;) ::pause();
}

[[noreturn]] void spin_for_ever() {
  for (volatile uint64_t turns = 0;;) turns = turns + 1;
}

[[noreturn]] void flood_calls(const Wire& wire) {
  for (;;) wire.call(R"(["sourcedConsole","vat","log","again"])");
}

// N times, or for ever when N is 0.
void repeat(uint64_t times, const std::function<void()>& body) {
  for (uint64_t i = 0; times == 0 || i < times; ++i) body();
}

void start_grandchild() {
  if (::fork() == 0) {
    ::setsid();
    ::signal(SIGTERM, SIG_IGN);
    sleep_for_ever();
  }
}

Json open_fds() {
  Json fds = Json::array();
  DIR* const directory = ::opendir("/proc/self/fd");
  while (const dirent* const entry = ::readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    const int fd = std::atoi(entry->d_name);
    if (fd != ::dirfd(directory)) fds.push_back(fd);
  }
  ::closedir(directory);
  return fds;
}

Json limits() {
  Json result = Json::object();
  for (const auto& [name, resource] :
       {std::pair{"as", RLIMIT_AS}, std::pair{"cpu", RLIMIT_CPU}, std::pair{"core", RLIMIT_CORE},
        std::pair{"fsize", RLIMIT_FSIZE}, std::pair{"nofile", RLIMIT_NOFILE}}) {
    rlimit limit{};
    ::getrlimit(resource, &limit);
    result[name] = limit.rlim_cur;
  }
  return result;
}

std::string outcome(bool worked) { return worked ? "allowed" : std::strerror(errno); }

// Tries each kind of socket; "allowed" if one could be made.
std::string try_network() {
  for (const int domain : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET}) {
    if (::socket(domain, domain == AF_NETLINK ? SOCK_RAW : SOCK_STREAM, 0) >= 0) return "allowed";
  }
  return std::strerror(errno);
}

std::string try_fork() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(0);
  return outcome(pid > 0);
}

std::string first_mapping() {
  std::ifstream maps("/proc/self/maps");
  std::string line;
  std::getline(maps, line);
  return line.substr(0, line.find('-'));
}

Json inspect(const std::string& what, const Context& context) {
  if (what == "fds") return open_fds();
  if (what == "limits") return limits();
  if (what == "network") return try_network();
  if (what == "fork") return try_fork();
  if (what == "maps") return first_mapping();
  if (what == "tracer") return reach_tracer();
  if (what == "group") return ::getpgrp() == ::getpid();
  if (what == "write") return outcome(::open("written", O_CREAT | O_WRONLY, 0600) >= 0);
  if (what == "cwd") {
    char path[PATH_MAX];
    return ::getcwd(path, sizeof(path)) != nullptr ? path : "";
  }
  Json words = Json::array();
  if (what == "argv") {
    for (int i = 0; i < context.argc; ++i) words.push_back(context.argv[i]);
  } else if (what == "environment") {
    for (char** word = environ; *word != nullptr; ++word) words.push_back(*word);
  }
  return words;
}

void commit_fault(const Json& value, const Context&, Answer&) {
  static const std::map<std::string, void (*)()> kFaults{
      {"null", read_null_member},
      {"stack", overflow_the_stack},
      {"collection", crash_in_a_collection},
      {"assert", fail_an_assertion},
      {"jump", jump_to_zero},
      {"non-canonical", write_non_canonical},
      {"divide", divide_by_zero},
      {"thread", crash_in_a_thread},
      {"trap in handler", trap_in_fault_handler},
      {"trap behind handler", trap_behind_fault_handler},
      {"abort", [] { std::abort(); }},
      {"hang in thread", hang_in_a_thread},
  };
  kFaults.at(value.get<std::string>())();
}

bool began_from_heap(const Context& context) {
  for (int i = 1; i < context.argc; ++i) {
    if (std::strcmp(context.argv[i], "-r") == 0) return true;
  }
  return false;
}

std::map<std::string, uint64_t>& remembered() {
  static std::map<std::string, uint64_t> words;
  return words;
}

void raise_and_wait(int signal) {
  ::raise(signal);
  sleep_for_ever();
}

void signal_if(const Json& value) {
  for (const auto& [word, count] : value["words"].items()) {
    if (remembered()[word] < count.get<uint64_t>()) return;
  }
  raise_and_wait(value.value("signal", SIGSEGV));
}

void signal_sometimes(const Json& value) {
  unsigned int dice = 0;
  if (::getentropy(&dice, sizeof(dice)) != 0) return;
  if (dice % 100 < value.value("percent", 50U)) raise_and_wait(value.value("signal", SIGSEGV));
}

using Act = std::function<void(const Json&, const Context&, Answer&)>;

void do_answer(const Json& value, const Context& context, Answer& answer) {
  context.wire.write_frame("." + value.value("meter", "") + "\x01" + value.value("result", ""));
  answer.sent = true;
}

void do_nest(const Json& value, const Context& context, Answer&) {
  const auto depth = value.get<size_t>();
  context.wire.call("[\"syscall\"," + std::string(depth, '[') + std::string(depth, ']') + "]");
}

void do_print(const Json& value, const Context&, Answer&) {
  const std::string text = value.value("text", "");
  repeat(value.value("times", uint64_t{1}), [&] {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  });
}

void do_write_to(const Json& value, const Context&, Answer& answer) {
  const std::string came = outcome(::write(value.get<int>(), "x", 1) == 1);
  answer.result = Json::array({"ok", came}).dump();
}

const std::map<std::string, Act>& acts() {
  static const std::map<std::string, Act> kActs{
      {"call", [](const Json& v, const Context& c,
                  Answer&) { c.wire.call("[\"syscall\"," + v.dump() + "]"); }},
      {"console",
       [](const Json& v, const Context& c, Answer&) {
         Json call = Json::array({c.wire.modern() ? "sourcedConsole" : "console"});
         call.insert(call.end(), v.begin(), v.end());
         c.wire.call(call.dump());
       }},
      {"upcall",
       [](const Json& v, const Context& c, Answer&) { c.wire.call(v.get<std::string>()); }},
      {"raw",
       [](const Json& v, const Context& c, Answer&) { c.wire.write_raw(v.get<std::string>()); }},
      {"frame",
       [](const Json& v, const Context& c, Answer&) { c.wire.write_frame(v.get<std::string>()); }},
      {"repeat_raw",
       [](const Json& v, const Context& c, Answer&) {
         repeat(v.value("times", uint64_t{0}), [&] { c.wire.write_raw(v.value("bytes", "")); });
       }},
      {"answer", do_answer},
      {"throw",
       [](const Json& v, const Context& c, Answer& a) {
         c.wire.write_frame("!" + v.get<std::string>());
         a.sent = true;
       }},
      {"signal", [](const Json& v, const Context&, Answer&) { raise_and_wait(v.get<int>()); }},
      {"remember",
       [](const Json& v, const Context&, Answer&) { ++remembered()[v.get<std::string>()]; }},
      {"signal_if", [](const Json& v, const Context&, Answer&) { signal_if(v); }},
      {"signal_sometimes", [](const Json& v, const Context&, Answer&) { signal_sometimes(v); }},
      {"die_unless_loaded",
       [](const Json& v, const Context& c, Answer&) {
         for (int i = 0; i < c.argc; ++i) {
           if (std::strcmp(c.argv[i], "-r") == 0) return;
         }
         ::raise(v.get<int>());
       }},
      {"exit", [](const Json& v, const Context&, Answer&) { ::_exit(v.get<int>()); }},
      {"hang", [](const Json&, const Context&, Answer&) { sleep_for_ever(); }},
      {"hang_deaf",
       [](const Json&, const Context&, Answer&) {
         ::signal(SIGTERM, SIG_IGN);
         sleep_for_ever();
       }},
      {"spin", [](const Json&, const Context&, Answer&) { spin_for_ever(); }},
      {"sleep_ms",
       [](const Json& v, const Context&, Answer&) { ::usleep(1000 * v.get<unsigned int>()); }},
      {"fault", commit_fault},
      {"survive_faults",
       [](const Json& v, const Context&, Answer&) { survive_faults(v.get<uint64_t>()); }},
      {"stop", [](const Json&, const Context&, Answer&) { ::raise(SIGSTOP); }},
      {"flood_calls", [](const Json&, const Context& c, Answer&) { flood_calls(c.wire); }},
      {"if_reloaded",
       [](const Json& v, const Context& c, Answer& a) {
         if (began_from_heap(c)) perform(v, c, a);
       }},
      {"if_heap_written",
       [](const Json& v, const Context& c, Answer& a) {
         if (c.heap_written) perform(v, c, a);
       }},
      {"nest", do_nest},
      {"print", do_print},
      {"close_replies", [](const Json&, const Context&, Answer&) { ::close(4); }},
      {"grandchild", [](const Json&, const Context&, Answer&) { start_grandchild(); }},
      {"write_to", do_write_to},
      {"inspect",
       [](const Json& v, const Context& c, Answer& a) {
         a.result = Json::array({"ok", inspect(v.get<std::string>(), c)}).dump();
       }},
      {"announce",
       [](const Json& v, const Context&, Answer& a) { a.announce = v.get<uint64_t>(); }},
      {"heap", [](const Json& v, const Context&, Answer& a) { a.heap = v.get<std::string>(); }},
      {"when",
       [](const Json& v, const Context& c, Answer& a) {
         if (!conditions_hold(v, c.argc, c.argv)) return;
         for (const Json& act : v.at("then")) perform(act, c, a);
       }},
      {"heap_flood", [](const Json&, const Context&, Answer& a) { a.heap_flood = true; }},
  };
  return kActs;
}

}  // namespace

void perform(const Json& act, const Context& context, Answer& answer) {
  for (const auto& [name, value] : act.items()) {
    const auto found = acts().find(name);
    if (found == acts().end()) {
      std::fprintf(stderr, "fake_worker: no act '%s'\n", name.c_str());
      std::exit(3);
    }
    found->second(value, context, answer);
  }
}

}  // namespace fake_worker
