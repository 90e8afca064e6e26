// Format: docs/formats/xsbug.md
#include "replay/agoric/xsbug_debugger.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "replay/process/inner_sockets.h"

namespace recrank::agoric {
namespace {

// What a worker may say in all: the sources of its bundles are some 4 MB, a look is 8 kB.
constexpr uint64_t kSaidBytesMax = uint64_t{2} << 30;
// Frames of one look whose variables are asked for; each is a question and an answer.
constexpr size_t kFramesOpened = 3;
// Of a call, to tell it from others.
constexpr size_t kCallBytesMax = size_t{1} << 20;

// Why a machine gives up; source: fxAbort in xsnapPlatform.c.
constexpr std::array<std::string_view, 4> kGivesUp{"too much computation", "stack overflow",
                                                   "memory full", "not enough keys"};

std::string_view trimmed(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

void set_option(int socket, int option) {
  const int on = 1;
  // Without them each stop takes 40 ms longer, and is no less right.
  static_cast<void>(::setsockopt(socket, IPPROTO_TCP, option, &on, sizeof on));
}

}  // namespace

XsbugDebugger::XsbugDebugger(UniqueFd listening, std::optional<SupervisorLines> lines,
                             SourceWatch& watch)
    : listening_(std::move(listening)),
      lines_(std::move(lines)),
      watch_(watch),
      thread_([this] { serve(); }) {}

XsbugDebugger::~XsbugDebugger() { end(); }

bool XsbugDebugger::is_connected() {
  const std::lock_guard lock(mutex_);
  if (connected_) return true;
  pollfd asking{listening_.get(), POLLIN, 0};
  return ::poll(&asking, 1, 0) > 0 && (asking.revents & POLLIN) != 0;
}

void XsbugDebugger::begin_step(uint64_t step) { wanted_ = step == watch_.step; }

void XsbugDebugger::note_call(std::string_view call) {
  if (!wanted_) return;
  const std::lock_guard lock(mutex_);
  const auto stop = std::find_if(looks_.rbegin(), looks_.rend(), [](const SourceLook& each) {
    return each.kind == LookKind::kCall;
  });
  if (stop != looks_.rend()) stop->words = call.substr(0, kCallBytesMax);
}

void XsbugDebugger::end_step() {
  if (!wanted_.exchange(false)) return;
  settle();
}

void XsbugDebugger::end() {
  if (!thread_.joinable()) return;
  // It may wait for a connection that nobody is left to make.
  ::shutdown(listening_.get(), SHUT_RDWR);
  thread_.join();
  if (wanted_.exchange(false)) settle();
}

// Every stop of the step is behind the worker when it answers, so nothing is added meanwhile.
void XsbugDebugger::settle() {
  const std::lock_guard lock(mutex_);
  watch_.reached = reached_;
  watch_.looks.assign(std::make_move_iterator(looks_.begin()),
                      std::make_move_iterator(looks_.end()));
  watch_.looks_dropped = dropped_;
  watch_.loss = loss_;
  if (!reached_ && watch_.loss.empty()) {
    watch_.loss = !connected_ ? kNoDebugger
                  : !lines_   ? "its supervisor has no line that is known to begin a delivery"
                              : "its debugger did not stop where the supervisor begins a delivery";
  }
  looks_.clear();
}

void XsbugDebugger::lose(std::string why) {
  const std::lock_guard lock(mutex_);
  RECRANK_LOG(kInfo, "agoric", "debugger lost", {"why", why});
  if (loss_.empty()) loss_ = std::move(why);
}

void XsbugDebugger::serve() {
  pollfd asking{listening_.get(), POLLIN, 0};
  while (::poll(&asking, 1, -1) < 0 && errno == EINTR) {
  }
  UniqueFd connection;
  {
    // At once with the word of it, so that a connection is either waiting or taken up.
    const std::lock_guard lock(mutex_);
    connection = UniqueFd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    connected_ = connection.valid();
  }
  if (!connection.valid()) return;
  set_option(connection.get(), TCP_NODELAY);
  while (hear(connection.get())) {
  }
  if (look_) keep_look();
}

bool XsbugDebugger::hear(int connection) {
  std::array<char, 64 << 10> buffer;
  set_option(connection, TCP_QUICKACK);
  const size_t size = receive_inside(connection, buffer.data(), buffer.size());
  if (size == 0) return false;
  said_ += size;
  if (said_ > kSaidBytesMax || !reader_.add({buffer.data(), size})) {
    lose("its debugger said more than " + format_bytes(kSaidBytesMax) + ", or no end of a message");
    return false;
  }
  while (std::optional<XsbugMessage> message = reader_.next()) on_message(*std::move(message));
  if (!reader_.problem().empty()) {
    lose("its debugger does not speak XML: " + reader_.problem());
    return false;
  }
  const std::string answer = std::exchange(answer_, {});
  return answer.empty() || send_inside(connection, answer);
}

void XsbugDebugger::on_message(XsbugMessage message) {
  if (!message.log.empty()) last_log_ = trimmed(message.log);
  if (message.login) {
    if (lines_) answer_ += xsbug_set_breakpoint(lines_->path, lines_->delivery_line).value_or("");
    answer_ += kXsbugGo;
    return;
  }
  if (!variables_wanted_.empty() && !message.stopped) take_variables(message);
  if (message.stopped) on_stop(std::move(message));
}

bool XsbugDebugger::is_at(const XsbugMessage& message, uint64_t line) const {
  return lines_ && message.break_words == "breakpoint" && message.break_line == line &&
         message.break_path == lines_->path;
}

bool XsbugDebugger::lines_wanted() const {
  return watch_.lines && !lines_done_ && in_step_ && calls_ >= watch_.lines_from_call;
}

void XsbugDebugger::on_stop(XsbugMessage message) {
  const bool gives_up = message.break_path.ends_with(".c") &&
                        std::find(kGivesUp.begin(), kGivesUp.end(), last_log_) != kGivesUp.end();
  if (lines_ && is_at(message, lines_->delivery_line)) {
    on_delivery();
  } else if (gives_up && wanted_) {
    message.break_words = last_log_;
    look(LookKind::kStopped, std::move(message));
  } else if (!in_step_) {
    answer_ += kXsbugGo;
  } else if (is_at(message, lines_->call_line)) {
    look(LookKind::kCall, std::move(message));
  } else if (message.break_words == "step") {
    on_line(std::move(message));
  } else {
    look(LookKind::kThrown, std::move(message));
  }
}

// The worker has taken up a delivery, and waits.
void XsbugDebugger::on_delivery() {
  if (in_step_) {
    // The one behind: nothing is to be looked at any more.
    in_step_ = false;
    answer_ += kXsbugClearAll;
    answer_ += kXsbugPassErrors;
    answer_ += xsbug_set_breakpoint(lines_->path, lines_->delivery_line).value_or("");
  }
  if (wanted_) {
    in_step_ = true;
    const std::lock_guard lock(mutex_);
    reached_ = true;
    answer_ += xsbug_set_breakpoint(lines_->path, lines_->call_line).value_or("");
    answer_ += kXsbugBreakOnErrors;
  }
  answer_ += lines_wanted() ? kXsbugStepInside : kXsbugGo;
}

void XsbugDebugger::on_line(XsbugMessage message) {
  if (watch_.sink != nullptr) {
    const SourceFrame& frame =
        message.frames.empty() ? SourceFrame() : message.frames.front().frame;
    if (watch_.sink->on_line(frame.path, frame.line, message.frames.size())) {
      answer_ += kXsbugStepInside;
      return;
    }
    lines_done_ = true;
  }
  look(LookKind::kLine, std::move(message));
}

void XsbugDebugger::look(LookKind kind, XsbugMessage message) {
  if (look_) keep_look();
  look_.emplace(SourceLook{kind, calls_, std::move(message.break_words), {}});
  if (kind == LookKind::kCall || kind == LookKind::kLine) look_->words.clear();
  if (kind == LookKind::kCall) ++calls_;
  // Of thousands of lines nobody reads all variables, but of the one that was asked for.
  if (kind != LookKind::kLine || lines_done_) want_variables(message.frames);
  for (XsbugFrame& each : message.frames) {
    each.frame.of_subject = is_path_of_vat(each.frame.path);
    look_->frames.push_back(std::move(each.frame));
  }
  ask_or_go_on();
}

// Asks for the next variables; where no more are wanted, the look is whole.
void XsbugDebugger::ask_or_go_on() {
  if (!variables_wanted_.empty()) {
    answer_ += xsbug_select(variables_wanted_.front().address);
    return;
  }
  keep_look();
  answer_ += lines_wanted() ? kXsbugStepInside : kXsbugGo;
}

void XsbugDebugger::keep_look() {
  variables_wanted_.clear();
  const std::lock_guard lock(mutex_);
  if (watch_.sink == nullptr && !looks_.empty() && looks_.back().kind == LookKind::kLine &&
      looks_.back().frames.size() > 1) {
    looks_.back().frames.resize(1);
  }
  looks_.push_back(*std::move(look_));
  look_.reset();
  if (looks_.size() > SourceWatch::kLooksMax) {
    looks_.pop_front();
    ++dropped_;
  }
}

// Those of the subject's innermost frames; where it has none, of the program around it.
void XsbugDebugger::want_variables(const std::vector<XsbugFrame>& frames) {
  for (const bool of_subject : {true, false}) {
    for (size_t i = 0; i < frames.size() && variables_wanted_.size() < kFramesOpened; ++i) {
      const std::string& path = frames[i].frame.path;
      if (path.empty() || is_path_of_vat(path) != of_subject) continue;
      variables_wanted_.push_back({frames[i].address, i});
    }
    if (!variables_wanted_.empty()) break;
  }
}

void XsbugDebugger::take_variables(XsbugMessage& message) {
  const Wanted& wanted = variables_wanted_.front();
  if (message.variables_of != wanted.address) return;
  look_->frames[wanted.frame].variables = std::move(message.variables);
  variables_wanted_.erase(variables_wanted_.begin());
  ask_or_go_on();
}

}  // namespace recrank::agoric
