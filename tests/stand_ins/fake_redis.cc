// A stand-in for redis-server that misbehaves: it listens where it is told to, answers as a server
// does until the first command that is neither PING nor INFO, and that one as FAULT says. With
// "exec:ANSWER" it queues commands from MULTI to EXEC, and that is what EXEC is answered.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

// False: the other side has gone.
bool say(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void say_for_ever(int socket, const std::string& begin, const std::string& again) {
  std::string much;
  while (much.size() < 65536) much += again;
  if (!say(socket, begin)) return;
  while (say(socket, much)) {
  }
}

void misbehave(int socket, std::string_view fault) {
  if (fault == "endless line") say_for_ever(socket, "+", "a");
  if (fault == "endless bulk") say_for_ever(socket, "$2147483000\r\n", "a");
  if (fault == "endless array") say_for_ever(socket, "*2147483647\r\n", "+a\r\n");
  if (fault == "endless error") say_for_ever(socket, "-", "a");
  if (fault == "more") say(socket, "+OK\r\n+OK\r\n");
  if (fault == "nonsense") say(socket, "hello\r\n");
  if (fault == "half") say(socket, "$5\r\nab");
  if (fault == "deep") say_for_ever(socket, "", "*1\r\n");
}

void answer_transaction(int socket, std::string_view command, std::string_view executed) {
  const auto is = [&](std::string_view name) {
    return command.find(name) != std::string_view::npos;
  };
  if (is("MULTI")) {
    say(socket, "+OK\r\n");
  } else {
    say(socket, is("EXEC") || is("exec") ? executed : "+QUEUED\r\n");
  }
}

int listen_at(uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof(generic));
  if (::bind(listener, &generic, sizeof(generic)) != 0 || ::listen(listener, 1) != 0) std::exit(3);
  return listener;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {  // asked for its version
    const std::string_view version = "fake-redis 1\n";
    return ::write(STDOUT_FILENO, version.data(), version.size()) > 0 ? 0 : 1;
  }
  const char* const given = std::getenv("FAULT");
  const std::string_view fault = given == nullptr ? "" : given;
  constexpr std::string_view kExec = "exec:";
  const int socket =
      ::accept(listen_at(static_cast<uint16_t>(std::atoi(argv[2]))), nullptr, nullptr);
  char bytes[4096];
  for (ssize_t size = 0; (size = ::recv(socket, bytes, sizeof(bytes), 0)) > 0;) {
    const std::string_view command(bytes, static_cast<size_t>(size));
    if (command.find("PING") != std::string_view::npos) {
      say(socket, "+PONG\r\n");
    } else if (command.find("INFO") != std::string_view::npos) {
      say(socket, "$52\r\n# All\r\nrdb_last_load_keys_expired:0\r\nexpired_keys:0\r\r\n");
    } else if (fault.substr(0, kExec.size()) == kExec) {
      answer_transaction(socket, command, fault.substr(kExec.size()));
    } else {
      misbehave(socket, fault);
      if (fault == "half") return 0;
    }
  }
  return 0;
}
