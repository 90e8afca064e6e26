#include "harness/capture/rr_capture.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/unfinished.h"
#include "harness/capture/directory_watch.h"
#include "harness/capture/tail_start.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

// Measured of rr with software counters: 10 to 20 times the time where round trips are small.
constexpr uint64_t kSlowdown = 20;
constexpr uint64_t kFullDiskBytes = 1 << 20;

bool same_death(const Verdict& a, const Verdict& b) {
  return a.kind == b.kind && a.step == b.step && a.end.signal == b.end.signal &&
         a.end.exit_status == b.end.exit_status;
}

// Beside DIR, as long as the recording is not done.
class TraceRoom {
 public:
  explicit TraceRoom(const fs::path& out) : out_(out), room_(fs::absolute(out)) {}

  [[nodiscard]] const fs::path& path() const { return room_.path(); }
  [[nodiscard]] fs::path trace() const { return path() / "trace"; }
  [[nodiscard]] bool disk_is_full() const {
    struct statvfs disk {};
    if (::statvfs(path().c_str(), &disk) != 0) return false;
    return static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize < kFullDiskBytes;
  }
  void keep() const {
    if (!rename_to_free_name(trace(), out_)) throw_errno("cannot make " + out_.string(), errno);
    make_durable(parent_of(out_), out_);
  }

 private:
  fs::path out_;
  UnfinishedDirectory room_;
};

// How one recording went. Neither a trace nor a note: the next start is worth trying.
struct Attempt {
  std::optional<RrTrace> trace;
  std::string note;
  bool final = false;  // no other start would do better
};

class RrCapture {
 public:
  RrCapture(const Recording& recording, const Engine& engine, const ReplayRequest& request,
            const Verdict& found, const RrOptions& options, const Interrupt& interrupt)
      : recording_(recording),
        engine_(engine),
        request_(request),
        found_(found),
        options_(options),
        interrupt_(interrupt) {
    request_.on_divergence = OnDivergence::kStop;
    request_.perturbation.write_heap_after = {};
    request_.perturbation.reload_after = {};
    request_.capture = {CaptureMode::kNone, {}};
  }

  [[nodiscard]] Attempt attempt(const TailStart& start, const fs::path& out) const;

 private:
  [[nodiscard]] Verdict run(const TailStart& start, const ReplayRequest& request,
                            const Interrupt& interrupt) const {
    return replay(start.recording(recording_), engine_, request, start.plan, interrupt, nullptr)
        .verdict;
  }
  [[nodiscard]] ReplayRequest recorded_request(const TraceRoom& room) const;
  [[nodiscard]] Attempt judge(const Verdict& verdict, const TraceRoom& room) const;

  const Recording& recording_;
  const Engine& engine_;
  ReplayRequest request_;
  const Verdict& found_;
  const RrOptions& options_;
  const Interrupt& interrupt_;
};

ReplayRequest RrCapture::recorded_request(const TraceRoom& room) const {
  ReplayRequest request = request_;
  request.limits.step_wall_s *= static_cast<double>(kSlowdown);
  request.limits.wall_s *= static_cast<double>(kSlowdown);
  request.limits.cpu_s *= kSlowdown;
  request.capture.recorder =
      Recorder{rr_record_words(options_.program, room.trace(), options_.extra), room.path(),
               options_.size_limit_bytes};
  return request;
}

// What became of a recording that stayed below its size.
Attempt RrCapture::judge(const Verdict& verdict, const TraceRoom& room) const {
  const std::string words = verdict.end.last_words + verdict.reason;
  if (room.disk_is_full()) {
    return {std::nullopt, "the disk is full; the trace was removed (--rr-out names another place)",
            true};
  }
  // What lived is ended by recrank, and its recorder with it: such a trace is never whole.
  const bool died = verdict.kind == VerdictKind::kCrashed || verdict.kind == VerdictKind::kUnjudged;
  if (died && !rr_trace_is_whole(options_.program, room.trace(), interrupt_)) {
    return {std::nullopt, "rr failed: " + explain_rr_failure(words), true};
  }
  if (same_death(verdict, found_)) return {RrTrace{}, "", true};
  return {std::nullopt,
          "recorded under rr it ended otherwise: " + headline(verdict) +
              " (rr changes layout and timing; --rr-args -h makes it vary them)",
          false};
}

Attempt RrCapture::attempt(const TailStart& start, const fs::path& out) const {
  const Verdict plain = run(start, request_, interrupt_);
  if (interrupt_.requested()) return {std::nullopt, "interrupted", true};
  if (!same_death(plain, found_)) {
    return {std::nullopt, "it does not happen from there: " + headline(plain), false};
  }
  const TraceRoom room(out);
  Interrupt stop(&interrupt_);
  DirectoryWatch watch(room.path(), options_.size_limit_bytes, stop);
  const Verdict recorded = run(start, recorded_request(room), stop);
  if (watch.stop()) {
    return {std::nullopt,
            "the trace grew above " + format_bytes(options_.size_limit_bytes) +
                " and was removed; --rr-size-limit allows more",
            true};
  }
  if (interrupt_.requested()) return {std::nullopt, "interrupted", true};
  Attempt judged = judge(recorded, room);
  if (!judged.trace) return judged;
  try {
    rr_pack(options_.program, room.trace(), interrupt_);
    const uint64_t bytes = directory_bytes(room.trace());
    const auto begin = rr_start_event(options_.program, room.trace(), interrupt_);
    room.keep();
    judged.trace = RrTrace{out, rr_replay_command(options_.program, out, begin), start.label,
                           start.plan.range.end - start.plan.range.begin, bytes};
  } catch (const Error& error) {
    return {std::nullopt, std::string(error.what()) + "; the trace was removed", true};
  }
  return judged;
}

}  // namespace

void require_free_trace(const fs::path& out) {
  const fs::path parent = fs::absolute(out).parent_path();
  std::error_code error;
  if (!fs::is_directory(parent, error)) {
    throw Error(ErrorCode::kUsage, "--rr-out: " + parent.string() + " is no directory");
  }
  if (!fs::exists(fs::symlink_status(out, error))) return;
  throw Error(ErrorCode::kUsage,
              out.string() + " is there already; remove it or name another with --rr-out");
}

RrResult record_crash(const Recording& recording, const Engine& engine,
                      const ReplayRequest& request, const ReplayPlan& plan, const Verdict& found,
                      const RrOptions& options, const fs::path& out, const Interrupt& interrupt) {
  require_free_trace(out);
  const RrCapture capture(recording, engine, request, found, options, interrupt);
  TailStarts starts(recording, engine, request, plan, *found.step, options.steps);
  RrResult result;
  while (const auto start = starts.next(interrupt)) {
    if (!starts.passed_over().empty()) result.notes.push_back(starts.passed_over());
    Attempt attempt = capture.attempt(*start, out);
    if (!attempt.note.empty()) result.notes.push_back("from " + start->label + ": " + attempt.note);
    result.trace = std::move(attempt.trace);
    if (attempt.final) break;
  }
  return result;
}

}  // namespace recrank
