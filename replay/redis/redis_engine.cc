#include "replay/redis/redis_engine.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/error.h"
#include "base/text.h"
#include "replay/program/program_engine.h"
#include "snapshot/redis/redis_aof.h"

namespace recrank::redis {
namespace {

constexpr uint16_t kPort = 6379;               // of its own loopback
constexpr std::chrono::seconds kEndGrace{30};  // it writes a long report when it crashes

const std::string kClock = ": what that leads to hangs on the clock, which is not replayed";
// A key that has expired by now would vanish where the recorded server still had it; one within the
// hour might, while it is replayed.
void refuse_expired(const Step& step) {
  const auto soon = std::chrono::system_clock::now() + std::chrono::hours(1);
  const auto soon_ms =
      static_cast<uint64_t>(soon.time_since_epoch() / std::chrono::milliseconds(1));
  for (const NamedFact& fact : step.facts) {
    if (fact.name != "expires_at" || parse_uint(fact.value).value_or(0) > soon_ms) continue;
    throw Error(ErrorCode::kUnsupported,
                "it sets a key that is over, or soon will be (--to ends before)" + kClock);
  }
}

class RedisRun : public program::ProgramRun {
 public:
  RedisRun(WorkerCommand command, const Limits& limits, const Interrupt& interrupt)
      : program::ProgramRun(std::move(command), limits, interrupt),
        socket_(std::move(process_.take_sockets().front())) {}

  // How it ended, unless it answers, its base loaded.
  [[nodiscard]] std::optional<StepOutcome> load() {
    if (!connect_inside(socket_.get(), kPort, limits_.step_wall_s, process_.pid_fd()))
      return ended(kEndGrace);
    std::optional<StepOutcome> end;
    while (!(end = exchange("*1\r\n$4\r\nPING\r\n")) && said().starts_with("LOADING")) continue;
    return end ? std::move(end) : check_clock();
  }

  StepOutcome apply(const Step& step, CallHandler&) override {
    refuse_expired(step);
    process_.limit_step(limits_.step_wall_s);
    if (auto end = exchange(step.delivery)) return std::move(*end);
    const bool ok = !answer_.starts_with('-');
    result_ = ok ? "ok" : said();
    facts_.clear();
    const bool told =
        std::ranges::any_of(step.facts, [](auto& fact) { return fact.name == "digest"; });
    if (ok && told) {
      if (auto end = exchange("*2\r\n$5\r\nDEBUG\r\n$6\r\nDIGEST\r\n")) return std::move(*end);
      facts_.push_back({"digest", digest_ = said()});
    }
    if (auto end = ok && !told ? std::nullopt : check_clock()) return std::move(*end);
    process_.lift_step_limit();
    return StepDone{ok, result_, std::nullopt, {}, facts_};
  }

 private:
  // Nullopt: `answer_` holds what it said (said(): its line), and no more was made of that. Else
  // how it ended.
  std::optional<StepOutcome> exchange(std::string_view command) {
    if (!send_inside(socket_.get(), command)) return ended(kEndGrace);
    answer_.clear();
    void* whole = nullptr;
    while (answer_.size() <= limits_.frame_bytes_max && whole == nullptr) {
      const size_t size = receive_inside(socket_.get(), piece_.data(), piece_.size());
      if (size == 0) return ended(kEndGrace);
      answer_.append(piece_.data(), size);
      redisReaderFeed(parser_.get(), piece_.data(), size);
      if (redisReaderGetReply(parser_.get(), &whole) != REDIS_OK) return garbled("speaks no RESP");
    }
    if (whole != nullptr && parser_->pos == parser_->len) return std::nullopt;
    return garbled(whole == nullptr ? "answers without an end" : "says more than it was asked for");
  }
  [[nodiscard]] std::string said() const { return answer_.substr(1, answer_.find('\r') - 1); }

  // Where it comes to something else, that proves nothing once the clock has taken a key of the
  // base.
  std::optional<StepOutcome> check_clock() {
    auto end = exchange("*1\r\n$4\r\nINFO\r\n");
    const auto says = [&](const char* line) { return answer_.find(line) != std::string::npos; };
    if (end || (says("\nrdb_last_load_keys_expired:0\r") && says("\nexpired_keys:0\r"))) return end;
    throw Error(ErrorCode::kUnsupported, "keys of the base have expired by now" + kClock);
  }

  UniqueFd socket_;
  std::unique_ptr<redisReader, decltype(&redisReaderFree)> parser_{
      redisReaderCreateWithFunctions(nullptr), &redisReaderFree};
  std::array<char, 65536> piece_{};
  std::string answer_;
  std::string result_;
  std::string digest_;
  std::vector<NamedFact> facts_;
};

class RedisEngine : public program::ProgramEngine {
 public:
  explicit RedisEngine(program::ProcessProgram program)
      : program::ProgramEngine(std::move(program)) {}

 private:
  StartResult launch(WorkerCommand command, StartRequest request,
                     const Interrupt& interrupt) const override {
    // The base comes as the descriptor of a heap, and has a name in the directory of descriptors.
    command.heap = std::move(request.heap);
    command.arguments = {"--port",
                         std::to_string(kPort),
                         "--bind",
                         "127.0.0.1",
                         "--save",
                         "",
                         "--appendonly",
                         "no",
                         "--dir",
                         "/proc/self/fd",
                         "--dbfilename",
                         std::to_string(kWorkerHeapFd),
                         "--enable-debug-command",
                         "yes"};
    command.sandbox.network = SandboxNetwork::kLoopback;
    command.sockets.connecting = 1;
    auto run = std::make_unique<RedisRun>(std::move(command), request.limits, interrupt);
    if (auto end = run->load()) return {nullptr, std::move(*end), "load the base"};
    return {std::move(run)};
  }
};

}  // namespace

std::unique_ptr<Engine> make_redis_engine(program::ProcessProgram program) {
  return std::make_unique<RedisEngine>(std::move(program));
}

}  // namespace recrank::redis
