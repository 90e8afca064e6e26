#include "replay/redis_engine.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "replay/program_engine.h"

namespace recrank {
namespace {

constexpr uint16_t kPort = 6379;  // of its own loopback
constexpr double kStartSeconds = 600;
constexpr std::chrono::seconds kEndGrace{30};  // it writes a long report when it crashes

// A key that has expired by now would vanish where the recorded server still had it; one within the
// hour might, while it is replayed.
void refuse_expired(const Step& step) {
  const auto soon = std::chrono::system_clock::now().time_since_epoch() + std::chrono::hours(1);
  const auto soon_ms = static_cast<uint64_t>(soon / std::chrono::milliseconds(1));
  for (const NamedFact& fact : step.facts) {
    if (fact.name != "expires_at" || parse_uint(fact.value).value_or(0) > soon_ms) continue;
    throw Error(ErrorCode::kUnsupported, "the command sets a key that has expired by now: what it leads to "
                                         "hangs on the clock, which is not replayed (--to goes up to it)");
  }
}

class RedisRun : public ProgramRun {
 public:
  RedisRun(WorkerCommand command, const Limits& limits, const Interrupt& interrupt)
      : ProgramRun(std::move(command), limits, interrupt),
        socket_(std::move(process_.take_sockets().front())),
        server_(redisConnectFd(socket_.get()), &redisFreeKeepFd),
        reply_(nullptr, &freeReplyObject) {}

  // Whether it answers, its base loaded.
  [[nodiscard]] bool load() {
    if (!connect_inside(socket_.get(), kPort, kStartSeconds, process_.pid_fd())) return false;
    do {
      if (!exchange("*1\r\n$4\r\nPING\r\n")) return false;
    } while (std::string_view(reply_->str, reply_->len).starts_with("LOADING"));
    return true;
  }

  StepOutcome apply(const Step& step, CallHandler&) override {
    refuse_expired(step);
    process_.limit_step(limits_.step_wall_s);
    if (!exchange(step.delivery)) return ended(kEndGrace);
    const bool ok = reply_->type != REDIS_REPLY_ERROR;
    result_ = ok ? "ok" : std::string(reply_->str, reply_->len);
    facts_.clear();
    const bool told = std::ranges::any_of(step.facts, [](auto& fact) { return fact.name == "digest"; });
    if (ok && told) {
      if (!exchange("*2\r\n$5\r\nDEBUG\r\n$6\r\nDIGEST\r\n")) return ended(kEndGrace);
      digest_.assign(reply_->str, reply_->len);
      facts_.push_back({"digest", digest_});
    }
    process_.lift_step_limit();
    return StepDone{ok, result_, std::nullopt, {}, facts_};
  }

 private:
  // False when the server is gone.
  bool exchange(std::string_view command) {
    void* got = nullptr;
    redisAppendFormattedCommand(server_.get(), command.data(), command.size());
    if (redisGetReply(server_.get(), &got) != REDIS_OK) return false;
    reply_.reset(static_cast<redisReply*>(got));
    return true;
  }

  UniqueFd socket_;
  std::unique_ptr<redisContext, decltype(&redisFreeKeepFd)> server_;
  std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply_;
  std::string result_;
  std::string digest_;
  std::vector<NamedFact> facts_;
};

class RedisEngine : public ProgramEngine {
 public:
  explicit RedisEngine(ProcessProgram program) : ProgramEngine(std::move(program), Era::kRedis) {}

 private:
  [[nodiscard]] StartResult launch(WorkerCommand command, StartRequest request,
                                   const Interrupt& interrupt) const override {
    // The base comes as the descriptor of a heap, and has a name in the directory of descriptors.
    command.heap = std::move(request.heap);
    command.arguments = {"--port", std::to_string(kPort), "--bind", "127.0.0.1", "--save", "",
                         "--appendonly", "no", "--dir", "/proc/self/fd", "--dbfilename",
                         std::to_string(kWorkerHeapFd), "--enable-debug-command", "yes"};
    command.sandbox.network = SandboxNetwork::kLoopback;
    command.sockets.connecting = 1;
    auto run = std::make_unique<RedisRun>(std::move(command), request.limits, interrupt);
    if (run->load()) return {std::move(run)};
    return {nullptr, run->ended(kEndGrace), "load the base"};
  }
};

}  // namespace

std::unique_ptr<Engine> make_redis_engine(ProcessProgram program) {
  return std::make_unique<RedisEngine>(std::move(program));
}

}  // namespace recrank
