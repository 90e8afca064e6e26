#include "tests/support/snapshot/redis_server.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

namespace recrank::testing_support {
namespace {

namespace fs = std::filesystem;

using Connection = std::unique_ptr<redisContext, decltype(&redisFree)>;
using Reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

constexpr int kPatienceTries = 6000;
constexpr std::chrono::milliseconds kPause{10};

Connection connect(const fs::path& socket) {
  for (int left = kPatienceTries; left > 0; --left) {
    Connection connection(redisConnectUnix(socket.c_str()), &redisFree);
    if (connection && connection->err == 0) return connection;
    std::this_thread::sleep_for(kPause);
  }
  throw std::runtime_error("the Redis server does not listen");
}

Reply ask(redisContext* connection, const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  Reply reply(static_cast<redisReply*>(redisCommandArgv(connection, static_cast<int>(words.size()),
                                                        texts.data(), sizes.data())),
              &freeReplyObject);
  if (!reply) throw std::runtime_error("the Redis server is gone");
  return reply;
}

}  // namespace

bool have_redis() {
  return std::system("redis-server --version 2>/dev/null | grep -q 'v=[7-9]'") == 0;
}

RedisServer::RedisServer() {
  const std::string directory = directory_.path().string();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", "server.sock", "--dir",
             directory.c_str(), "--appendonly", "yes", "--appendfsync", "always", "--save", "",
             "--enable-debug-command", "yes", "--logfile", "log", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  tell({"PING"});
}

RedisServer::~RedisServer() {
  if (pid_ >= 0) die();
}

std::string RedisServer::tell(const std::vector<std::string>& words) {
  const Connection connection = connect(directory_.path() / "server.sock");
  const Reply reply = ask(connection.get(), words);
  if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
  return reply->str == nullptr ? "" : std::string(reply->str, reply->len);
}

void RedisServer::note_digest() {
  const std::string digest = tell({"DEBUG", "DIGEST"});
  std::ofstream(recording() / "digests", std::ios::app)
      << fs::file_size(commands()) << " " << digest << "\n";
}

void RedisServer::rewrite() {
  tell({"BGREWRITEAOF"});
  for (int left = kPatienceTries; left > 0; --left) {
    const std::string state = tell({"INFO", "persistence"});
    const bool busy = state.find("aof_rewrite_in_progress:0") == std::string::npos ||
                      state.find("aof_rewrite_scheduled:0") == std::string::npos;
    size_t files = 0;
    for ([[maybe_unused]] const auto& each : fs::directory_iterator(recording())) ++files;
    constexpr size_t kManifestBaseAndCommands = 3;
    if (!busy && files == kManifestBaseAndCommands) return;
    std::this_thread::sleep_for(kPause);
  }
  throw std::runtime_error("the Redis server does not end its rewrite");
}

void RedisServer::stop() {
  const Connection connection = connect(directory_.path() / "server.sock");
  redisAppendCommand(connection.get(), "SHUTDOWN NOSAVE");
  void* none = nullptr;
  redisGetReply(connection.get(), &none);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::die() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

fs::path RedisServer::commands() const {
  for (const auto& each : fs::directory_iterator(recording())) {
    if (each.path().string().ends_with(".incr.aof")) return each.path();
  }
  return {};
}

}  // namespace recrank::testing_support
