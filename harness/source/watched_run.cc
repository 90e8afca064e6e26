#include "harness/source/watched_run.h"

#include <algorithm>

#include "harness/source/source_lines.h"

namespace recrank {
namespace {

// A watched step takes longer, by a message for each call and each line; a loop without an end is
// long done with its meter by then.
constexpr double kWatchedStepS = 120;
constexpr double kWatchedHangS = 20;
// Where a loop without an end is to be stopped, when nothing else says it: some seconds of work.
constexpr uint64_t kLoopComputrons = 300'000'000;

std::optional<SourceExcerpt> excerpt_around(const SourceFrame& frame, const Engine& engine,
                                            const Setup& setup, const SourceRequest& asked) {
  if (!asked.root.empty()) {
    if (auto found = excerpt_of_checkout(asked.root, frame.path, frame.line)) return found;
  }
  const std::optional<std::string> text = engine.source_text(setup, frame.path);
  return text ? excerpt_of(*text, frame.line) : std::nullopt;
}

// Of a call, the innermost frames only hand it on: the first of another directory than theirs.
std::vector<SourceFrame>::const_iterator caller_of(
    const std::vector<SourceFrame>& frames, std::vector<SourceFrame>::const_iterator innermost) {
  const auto directory = [](const SourceFrame& frame) {
    return frame.path.substr(0, frame.path.rfind('/') + 1);
  };
  const std::string handing_on = directory(*innermost);
  const auto found = std::find_if(innermost, frames.end(), [&](const SourceFrame& frame) {
    return !frame.path.empty() && directory(frame) != handing_on;
  });
  return found == frames.end() ? innermost : found;
}

}  // namespace

bool is_hang(const Verdict& verdict) {
  return verdict.limit &&
         (verdict.limit->kind == LimitKind::kStepWall || verdict.limit->kind == LimitKind::kWall ||
          verdict.limit->kind == LimitKind::kCpu);
}

ReplayRequest watched_request(const ReplayRequest& base, const SubjectReport& report) {
  const Verdict& verdict = report.result.verdict;
  ReplayRequest request = base;
  request.subject_id = report.subject.id;
  request.from = request.to = verdict.step;
  request.on_divergence = OnDivergence::kContinue;
  // A heap that is written under a debugger is another.
  request.compare.snapshots = false;
  request.capture = CaptureOptions{CaptureMode::kNone, {}};
  request.limits.step_wall_s =
      std::max(request.limits.step_wall_s, is_hang(verdict) ? kWatchedHangS : kWatchedStepS);
  if (is_hang(verdict) && request.limits.computrons.value_or(0) == 0) {
    request.limits.computrons = kLoopComputrons;
  }
  return request;
}

SourcePlace place_of(const SourceLook& look, ReadFirst first, const Recording& recording,
                     const Engine& engine, const SubjectReport& report,
                     const SourceRequest& asked) {
  SourcePlace place{look, std::nullopt, std::nullopt};
  const std::vector<SourceFrame>& frames = look.frames;
  const auto find = [&](bool any) {
    return std::find_if(frames.begin(), frames.end(), [&](const SourceFrame& frame) {
      return !frame.path.empty() && (any || frame.of_subject);
    });
  };
  auto frame = find(first == ReadFirst::kInnermost);
  if (frame == frames.end()) frame = find(true);
  if (frame == frames.end()) return place;
  if (look.kind == LookKind::kCall && !frame->of_subject) frame = caller_of(frames, frame);
  place.frame = static_cast<size_t>(frame - frames.begin());
  place.excerpt = excerpt_around(
      *frame, engine, recording.setup(report.subject.id, *report.result.verdict.step), asked);
  return place;
}

}  // namespace recrank
