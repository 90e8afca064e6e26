// Format: docs/formats/journal.md, "Calls"
#include "replay/program/http_run.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "replay/program/http_answer.h"
#include "snapshot/journal/http_call.h"

namespace recrank::program {
namespace {

constexpr std::chrono::seconds kHttpEndGrace{5};
constexpr size_t kAnswerReadBytes = 64 << 10;
constexpr size_t kShownBytes = 300;
constexpr int kConnectAgainMs = 10;  // nobody listens there yet
constexpr int kLingerMs = 300;
constexpr int kLookAgainMs = 1000;  // only against a wake-up that was missed

// "Processing", "early hints": the response is still to come. RFC 9110, 15.2.
bool is_interim(unsigned status) { return status < 200; }

std::vector<UniqueFd> without_first(std::vector<UniqueFd> sockets) {
  sockets.erase(sockets.begin());
  return sockets;
}

}  // namespace

HttpRun::HttpRun(WorkerCommand command, HttpTransport transport, const Limits& limits,
                 const Interrupt& interrupt)
    : ProgramRun(std::move(command), limits, interrupt),
      transport_(std::move(transport)),
      connecting_(process_.take_sockets()),
      stub_(std::move(connecting_.at(0)), limits.frame_bytes_max) {
  connecting_ = without_first(std::move(connecting_));
  for (const UniqueFd& each : connecting_) make_nonblocking(each.get());
  if (transport_.event_port == 0) {
    make_nonblocking(process_.command_fd());
    make_nonblocking(process_.reply_fd());
  }
}

StepOutcome HttpRun::apply(const Step& step, CallHandler& handler) {
  RECRANK_CHECK(step.kind == StepKind::kDelivery);
  RECRANK_CHECK(!over_);
  if (!heard_.empty()) {
    return garbled("wrote " + format_count(heard_.size()) +
                   " bytes behind its one line for an event");
  }
  begin_event(step.delivery);
  process_.limit_step(limits_.step_wall_s);
  StepOutcome outcome = converse(handler);
  process_.lift_step_limit();
  return outcome;
}

StepOutcome HttpRun::finish() {
  pollfd gone{process_.pid_fd(), POLLIN, 0};
  if (over_ || ::poll(&gone, 1, kLingerMs) <= 0) return StepDone{};
  StepOutcome outcome = ended();
  const auto* const crashed = std::get_if<StepCrashed>(&outcome);
  const bool in_peace =
      crashed != nullptr && crashed->end.signal == 0 && crashed->end.exit_status == 0;
  return in_peace ? StepOutcome(StepDone{}) : std::move(outcome);
}

void HttpRun::begin_event(std::string_view event) {
  RECRANK_LOG(kTrace, "wire", "sent", {"to", to_words(transport_)}, {"bytes", event.size()},
              {"text", event});
  if (transport_.event_port == 0) {
    unsent_ = std::string(event) + "\n";
    return;
  }
  event_ = http_post(transport_.event_path, transport_.event_port, event);
  unsent_ = event_;
  response_ = std::make_unique<HttpReader>(HttpReader::Side::kResponses, limits_.frame_bytes_max);
}

StepOutcome HttpRun::converse(CallHandler& handler) {
  for (;;) {
    switch (stub_.serve(handler)) {
      case StubServer::Went::kOn: break;
      case StubServer::Went::kStopped: return stopped();
      case StubServer::Went::kGarbled: return garbled(stub_.what());
      case StubServer::Went::kNotServed: not_served(stub_.what());
    }
    write_event();
    switch (hear()) {
      case Heard::kNothing: break;
      case Heard::kAnswer:
        RECRANK_LOG(kTrace, "wire", "heard", {"bytes", answer_.size()}, {"text", answer_});
        return StepDone{true, answer_, std::nullopt, {}};
      case Heard::kEnd: return ended();
      case Heard::kGarbled: return garbled(what_);
    }
    wait();
  }
}

int HttpRun::event_fd() const {
  return transport_.event_port == 0 ? process_.command_fd() : connection_.get();
}

// The program may not listen yet: then the same is tried again after the next wait.
void HttpRun::try_connect() {
  if (connection_.valid()) return;
  if (connecting_.empty()) reuse_connection();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(transport_.event_port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int socket = connecting_.back().get();
  const bool made =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  if (!made && errno != EISCONN) return;
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  connection_ = std::move(connecting_.back());
  connecting_.pop_back();
}

// A socket belongs to the network that it was made in, and no more can be made there. So one whose
// connection is over is dissolved (connect(2), AF_UNSPEC) and used again, the oldest first: by then
// the program has long seen its end.
void HttpRun::reuse_connection() {
  RECRANK_CHECK(!closed_.empty());
  UniqueFd socket = std::move(closed_.front());
  closed_.pop_front();
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  if (::connect(socket.get(), &nobody, sizeof(nobody)) != 0) {
    throw_errno("cannot use a connection to the program again", errno);
  }
  connecting_.push_back(std::move(socket));
}

void HttpRun::close_connection() {
  ::shutdown(connection_.get(), SHUT_RDWR);
  closed_.push_back(std::move(connection_));
}

void HttpRun::write_event() {
  if (transport_.event_port != 0) try_connect();
  while (!unsent_.empty() && event_fd() >= 0) {
    const ssize_t put = ::write(event_fd(), unsent_.data(), unsent_.size());
    if (put < 0 && would_block(errno)) return;
    if (put < 0) {  // nobody reads any more: what it has to say is heard
      unsent_.clear();
      return;
    }
    unsent_.erase(0, static_cast<size_t>(put));
  }
}

HttpRun::Heard HttpRun::hear() {
  if (!what_.empty()) return Heard::kGarbled;
  const bool lines = transport_.event_port == 0;
  const int from = lines ? process_.reply_fd() : connection_.get();
  std::array<char, kAnswerReadBytes> bytes;
  while (from >= 0) {
    const ssize_t got = ::read(from, bytes.data(), bytes.size());
    if (got < 0 && would_block(errno)) break;
    const bool end = got <= 0;
    const std::string_view piece(bytes.data(), end ? 0 : static_cast<size_t>(got));
    if (lines && end) return Heard::kEnd;
    const Heard heard = lines ? hear_line(piece) : hear_response(piece, end);
    if (heard != Heard::kNothing || end) return heard;
  }
  pollfd gone{process_.pid_fd(), POLLIN, 0};
  return ::poll(&gone, 1, 0) > 0 ? Heard::kEnd : Heard::kNothing;
}

HttpRun::Heard HttpRun::hear_line(std::string_view bytes) {
  heard_ += bytes;
  const size_t end = heard_.find('\n');
  if (end == std::string::npos) {
    if (heard_.size() <= limits_.frame_bytes_max) return Heard::kNothing;
    what_ =
        "wrote more than " + format_bytes(limits_.frame_bytes_max) + " without the end of a line";
    return Heard::kGarbled;
  }
  answer_ = heard_.substr(0, end);
  heard_.erase(0, end + 1);
  return Heard::kAnswer;
}

HttpRun::Heard HttpRun::hear_response(std::string_view bytes, bool end) {
  const bool begun = response_->begun();
  const HttpStatus status = end && begun ? response_->feed_end()
                            : end        ? HttpStatus::kMore
                                         : response_->feed(bytes);
  if (status == HttpStatus::kBad) {
    what_ =
        "answered with what is no response of HTTP: " + printable(response_->what(), kShownBytes);
    return Heard::kGarbled;
  }
  if (status == HttpStatus::kMore) {
    // It closed a connection that was kept alive before it took the event, or it is dying.
    if (end) {
      close_connection();
      unsent_ = event_;
    }
    return Heard::kNothing;
  }
  if (is_interim(response_->status())) {
    const HttpStatus next = response_->next_message();
    return next == HttpStatus::kMore ? Heard::kNothing : hear_response("", end);
  }
  if (response_->has_rest()) {
    what_ = "wrote more than one response for an event";
    return Heard::kGarbled;
  }
  answer_ = http_answer_text(response_->status(), response_->body());
  if (end || !response_->keeps_alive()) close_connection();
  return Heard::kAnswer;
}

void HttpRun::wait() {
  std::vector<pollfd> polls{{process_.pid_fd(), POLLIN, 0}};
  stub_.add_polls(polls);
  const bool lines = transport_.event_port == 0;
  if (lines) polls.push_back({process_.reply_fd(), POLLIN, 0});
  if (event_fd() >= 0) {
    const bool to_write = !unsent_.empty();
    if (to_write || !lines) {
      polls.push_back(
          {event_fd(), static_cast<short>((to_write ? POLLOUT : 0) | (lines ? 0 : POLLIN)), 0});
    }
  }
  const bool connected = lines || connection_.valid();
  static_cast<void>(::poll(polls.data(), polls.size(), connected ? kLookAgainMs : kConnectAgainMs));
}

// No fault of the program's: it is we who cannot.
void HttpRun::not_served(const std::string& why) {
  static_cast<void>(stopped());
  throw Error(ErrorCode::kUnsupported, why);
}

StepOutcome HttpRun::garbled(std::string what) {
  over_ = true;
  return ProgramRun::garbled(std::move(what));
}

StepOutcome HttpRun::stopped() {
  over_ = true;
  process_.kill();
  process_.finish(std::chrono::milliseconds(0));
  return StepStopped{};
}

StepOutcome HttpRun::ended() {
  over_ = true;
  return ProgramRun::ended(kHttpEndGrace);
}

}  // namespace recrank::program
