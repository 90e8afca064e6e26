#include "replay/redis/redis_engine.h"

#include <hiredis/hiredis.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <vector>

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

const std::string_view kExec = "*1\r\n$4\r\nEXEC\r\n";

// "MULTI" of "*1\r\n$5\r\nMULTI\r\n".
bool is_command(std::string_view delivery, const char* name) {
  const size_t begin = delivery.find('\n', delivery.find('\n') + 1) + 1;
  const std::string word(delivery.substr(begin, delivery.find('\r', begin) - begin));
  return ::strcasecmp(word.c_str(), name) == 0;
}

// What an answer holds, as the library tells of it piece by piece: nothing of it is kept but what
// an EXEC says of the first command that failed.
struct AnswerWalk {
  size_t elements = 0;  // of an answer that is an array
  std::optional<size_t> failed;
  std::string error;

  static void* on_string(const redisReadTask* task, char* text, size_t size) {
    auto* const walk = static_cast<AnswerWalk*>(task->privdata);
    // A command's own answer; what it holds within is no failure of its.
    const bool of_command = task->parent != nullptr && task->parent->parent == nullptr;
    if (of_command && task->type == REDIS_REPLY_ERROR && !walk->failed) {
      walk->failed = static_cast<size_t>(task->idx);
      walk->error.assign(text, size);
    }
    return walk;
  }
  template <typename Count>  // another one in each version of the library
  static void* on_array(const redisReadTask* task, Count elements) {
    auto* const walk = static_cast<AnswerWalk*>(task->privdata);
    if (task->parent == nullptr) walk->elements = static_cast<size_t>(elements);
    return walk;
  }
  static void free(void* /*walk*/) {}
};

redisReplyObjectFunctions walk_functions() {
  redisReplyObjectFunctions functions{};
  functions.createString = AnswerWalk::on_string;
  functions.createArray = AnswerWalk::on_array;
  functions.freeObject = AnswerWalk::free;
  return functions;
}

class RedisRun : public program::ProgramRun {
 public:
  RedisRun(WorkerCommand command, const Limits& limits, StepRange range, const Interrupt& interrupt)
      : program::ProgramRun(std::move(command), limits, interrupt),
        range_(range),
        socket_(std::move(process_.take_sockets().front())) {
    parser_->privdata = &walk_;
  }

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
    StepOutcome outcome = queues(step) ? apply_queued(step) : apply_at_once(step);
    process_.lift_step_limit();
    return outcome;
  }

 private:
  // Within a transaction: it is only written down, and carried out at the end.
  [[nodiscard]] bool queues(const Step& step) const {
    return in_transaction_ && !is_command(step.delivery, "EXEC") &&
           !is_command(step.delivery, "DISCARD");
  }

  StepOutcome apply_at_once(const Step& step) {
    if (auto end = exchange(step.delivery)) return std::move(*end);
    if (in_transaction_) return end_transaction(step);
    const bool ok = !answer_.starts_with('-');
    result_ = ok ? "ok" : said();
    facts_.clear();
    if (ok && is_command(step.delivery, "MULTI")) {
      in_transaction_ = true;
      queued_.clear();
      return is_last(step) ? carry_out(step) : StepDone{true, result_, std::nullopt, {}, {}, {}};
    }
    return judged(step, ok, std::nullopt);
  }

  // That it cannot be queued never hangs on the clock.
  StepOutcome apply_queued(const Step& step) {
    if (auto end = exchange(step.delivery)) return std::move(*end);
    facts_.clear();
    const bool ok = !answer_.starts_with('-');
    result_ = ok ? "ok" : said();
    if (ok) queued_.push_back(step.number);
    if (ok && is_last(step)) return carry_out(step);
    return StepDone{ok, result_, std::nullopt, {}, {}, {}};
  }

  // A range that ends within a transaction carries out what is there of it: else nothing of that
  // would be compared.
  StepOutcome carry_out(const Step& step) {
    if (auto end = exchange(kExec)) return std::move(*end);
    return end_transaction(step);
  }

  // The answer is that of an EXEC, which holds one for each command that was queued.
  StepOutcome end_transaction(const Step& step) {
    in_transaction_ = false;
    facts_.clear();
    const bool nothing = answer_.starts_with("*-1") || answer_.starts_with('_');
    if (!nothing && answer_.starts_with('*') && walk_.elements != queued_.size())
      return garbled("answers another number of commands than it was given");
    const bool ok = !answer_.starts_with('-') && !walk_.failed;
    result_ = walk_.failed ? walk_.error : answer_.starts_with('*') ? "ok" : said();
    if (nothing) result_ = "the transaction was not carried out";
    const auto of_step = walk_.failed ? std::optional(queued_[*walk_.failed]) : std::nullopt;
    return judged(step, ok && !nothing, of_step);
  }

  StepOutcome judged(const Step& step, bool ok, std::optional<uint64_t> of_step) {
    const bool told =
        std::ranges::any_of(step.facts, [](auto& fact) { return fact.name == "digest"; });
    if (ok && told) {
      if (auto end = exchange("*2\r\n$5\r\nDEBUG\r\n$6\r\nDIGEST\r\n")) return std::move(*end);
      facts_.push_back({"digest", digest_ = said()});
    }
    if (auto end = ok && !told ? std::nullopt : check_clock()) return std::move(*end);
    return StepDone{ok, result_, std::nullopt, {}, facts_, of_step};
  }

  [[nodiscard]] bool is_last(const Step& step) const { return step.number + 1 == range_.end; }

  // Nullopt: `answer_` holds what it said (said(): its line), and no more was made of that. Else
  // how it ended.
  std::optional<StepOutcome> exchange(std::string_view command) {
    if (!send_inside(socket_.get(), command)) return ended(kEndGrace);
    answer_.clear();
    walk_ = {};
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

  const StepRange range_;
  UniqueFd socket_;
  redisReplyObjectFunctions functions_ = walk_functions();
  AnswerWalk walk_;
  std::unique_ptr<redisReader, decltype(&redisReaderFree)> parser_{
      redisReaderCreateWithFunctions(&functions_), &redisReaderFree};
  std::array<char, 65536> piece_{};
  std::string answer_;
  bool in_transaction_ = false;
  std::vector<uint64_t> queued_;  // the steps of the transaction
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
    auto run =
        std::make_unique<RedisRun>(std::move(command), request.limits, request.range, interrupt);
    if (auto end = run->load()) return {nullptr, std::move(*end), "load the base"};
    return {std::move(run)};
  }
};

}  // namespace

std::unique_ptr<Engine> make_redis_engine(program::ProcessProgram program) {
  return std::make_unique<RedisEngine>(std::move(program));
}

}  // namespace recrank::redis
