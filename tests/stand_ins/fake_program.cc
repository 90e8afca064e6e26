// A stand-in for a program that answers lines with lines. Each event says what it is to do:
//
//   {"do":"WORD"}     WORD as in the table below; anything else is answered with
//   {"n":N,"got":EVENT}
//   {"do":"dial","port":N}, {"do":"echo_one","port":N}, {"do":"tell_another","path":P}
//   {"do":"exit_with","status":N,"words":W}
//
// With the arguments --listen PORT it answers events that are POSTed there, and ends each
// connection.
//
// Links nothing of recrank and is built without sanitizers: it must live under RLIMIT_AS.

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "tests/stand_ins/fake_program_sockets.h"

extern char** environ;

namespace {

void say(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t put = ::write(1, text.data() + at, text.size() - at);
    if (put < 0) std::_Exit(9);
    at += static_cast<size_t>(put);
  }
}

[[noreturn]] void sleep_for_ever() {
  for (;;) ::pause();
}

[[noreturn]] void say_for_ever(const std::string& text) {
  for (;;) say(text);
}

std::string json_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string environment() {
  std::string all;
  for (char** each = environ; *each != nullptr; ++each) all += std::string(*each) + ";";
  return json_string(all);
}

std::string descriptors() {
  std::string all;
  for (int fd = 0; fd < 64; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) all += std::to_string(fd) + " ";
  }
  return json_string(all);
}

std::string open_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return std::to_string(limit.rlim_cur);
}

void complain(const char* words) { std::fputs(words, stderr); }

void illegal(int) { __builtin_trap(); }

// As some runtimes do: a handler that reports, and ends the program by another signal.
void handle_faults() {
  struct sigaction action {};
  action.sa_handler = illegal;
  ::sigaction(SIGSEGV, &action, nullptr);
}

// As the variable FAULT says, so that engine files make builds of it that differ: "crash", "exit",
// "answer" (another one), "crash in N of 100", or anything else: an answer that is always the same.
void be_faulty() {
  const char* const value = std::getenv("FAULT");
  const std::string fault = value == nullptr ? "" : value;
  const std::string share = "crash in ";
  unsigned char chance = 0;
  if (const int random = ::open("/dev/urandom", O_RDONLY); random >= 0) {
    if (::read(random, &chance, 1) != 1) std::_Exit(9);
    ::close(random);
  }
  const bool now =
      fault.starts_with(share) && chance % 100 < std::atoi(fault.c_str() + share.size());
  if (fault == "crash" || now) *static_cast<volatile int*>(nullptr) = 1;
  if (fault == "exit") std::exit(3);
  say(fault == "answer" ? "\"otherwise\"\n" : "\"faultless\"\n");
}

std::string event;  // the one that it acts on

int number_of_event(const std::string& member) {
  const std::string name = "\"" + member + "\":";
  return std::atoi(event.c_str() + event.find(name) + name.size());
}

int port_of_event() { return number_of_event("port"); }

std::string word_of_event(const std::string& member) {
  const std::string name = "\"" + member + "\":\"";
  const size_t begin = event.find(name) + name.size();
  return event.substr(begin, event.find('"', begin) - begin);
}

std::string path_of_event() { return word_of_event("path"); }

// As Bun ends when nobody listens to an emitter's error.
void die_as_bun() {
  complain(
      "1116 |           this.emit('error', err);\n                      ^\n"
      "error: Timed out while waiting for handshake\n      at emitError (node:events:51:13)\n"
      "      at <anonymous> (/srv/app/node_modules/ssh2/lib/client.js:1116:16)\n\n"
      "Bun v1.3.14 (Linux x64)\n");
  std::exit(1);
}

bool armed = false;

const std::map<std::string, std::function<void()>> kActs{
    {"arm",
     [] {
       armed = true;
       say("\"armed\"\n");
     }},
    {"fire",
     [] {
       if (armed) ::raise(SIGSEGV);
       say("\"a click\"\n");
     }},
    {"faulty", be_faulty},
    {"hang", [] { sleep_for_ever(); }},
    {"spin",
     [] {
       for (volatile int i = 0;;) i = i + 1;
     }},
    {"flood", [] { say_for_ever(std::string(65536, 'x')); }},
    {"flood_lines", [] { say_for_ever("1\n"); }},
    {"two_lines", [] { say("1\n2\n"); }},
    {"empty_line", [] { say("\n"); }},
    {"half",
     [] {
       say("{\"n\":");
       std::exit(0);
     }},
    {"half_and_die",
     [] {
       say("{\"n\":");
       ::raise(SIGSEGV);
     }},
    {"last",
     [] {
       say("\"last\"\n");
       std::exit(0);
     }},
    {"exit0", [] { std::exit(0); }},
    {"exit1",
     [] {
       complain("error: no such thing\n    at app.js:7\n");
       std::exit(1);
     }},
    {"exit11", [] { std::exit(11); }},
    {"exit_with",
     [] {
       complain((word_of_event("words") + "\n").c_str());
       std::exit(number_of_event("status"));
     }},
    {"open_all",
     [] {
       while (::open("/dev/null", O_RDONLY) >= 0) continue;
       std::abort();
     }},
    {"term", [] { ::kill(::getpid(), SIGTERM); }},
    {"exit132", [] { std::exit(132); }},
    {"segv", [] { ::raise(SIGSEGV); }},
    {"handle_and_tell_pid",
     [] {
       handle_faults();
       say(std::to_string(::getpid()) + "\n");
     }},
    {"handled_segv",
     [] {
       handle_faults();
       *static_cast<volatile int*>(nullptr) = 1;
     }},
    {"kill", [] { ::raise(SIGKILL); }},
    {"close_stdout",
     [] {
       ::close(1);
       sleep_for_ever();
     }},
    {"close_stdin",
     [] {
       say("\"no more\"\n");
       ::close(0);
       sleep_for_ever();
     }},
    {"hog",
     [] {
       std::string all;
       for (;;) all += std::string(64 << 20, 'x');
     }},
    {"environment", [] { say(environment() + "\n"); }},
    {"descriptors", [] { say(descriptors() + "\n"); }},
    {"open_files", [] { say(open_files() + "\n"); }},
    {"directory", [] { say(json_string(std::filesystem::current_path().string()) + "\n"); }},
    {"die_as_bun", [] { die_as_bun(); }},
    {"dial", [] { say(json_string(dial(port_of_event())) + "\n"); }},
    {"talk", [] { say(json_string(talk_to_itself(AF_INET)) + "\n"); }},
    {"talk6", [] { say(json_string(talk_to_itself(AF_INET6)) + "\n"); }},
    {"other_sockets", [] { say(json_string(sockets_of_other_kinds()) + "\n"); }},
    {"pairs", [] { say(json_string(pairs_by_kind()) + "\n"); }},
    {"tell_another", [] { say(json_string(tell_another(path_of_event())) + "\n"); }},
    {"echo_one", [] { say(json_string(echo_one(port_of_event())) + "\n"); }},
    {"ask", [] { say(json_string(ask_stub(port_of_event(), word_of_event("how"))) + "\n"); }},
    {"interfaces", [] { say(json_string(interfaces()) + "\n"); }},
    {"leave_namespaces", [] { say(json_string(leave_namespaces()) + "\n"); }},
    {"user", [] { say(std::to_string(::getuid()) + "\n"); }},
    {"chatter",
     [] {
       complain("a word on stderr\n");
       say("\"quiet\"\n");
     }},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "--version") == 0) {
    std::puts("fake_program 7.0\nand more");
    return 0;
  }
  if (argc > 1 && std::strcmp(argv[1], "--revision") == 0) return 2;
  if (argc > 2 && std::strcmp(argv[1], "--listen") == 0) answer_posts(std::atoi(argv[2]));
  int count = 0;
  for (; std::getline(std::cin, event); ++count) {
    const std::string head = "{\"do\":\"";
    if (event.starts_with(head)) {
      const auto act =
          kActs.find(event.substr(head.size(), event.find('"', head.size()) - head.size()));
      if (act != kActs.end()) {
        act->second();
        continue;
      }
    }
    say("{\"n\":" + std::to_string(count) + ",\"got\":" + event + "}\n");
  }
  return 0;
}
