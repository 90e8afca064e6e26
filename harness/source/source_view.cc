#include "harness/source/source_view.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "harness/session/nearby_steps.h"
#include "harness/source/watched_run.h"
#include "replay/dialect.h"
#include "replay/judge/same_finding.h"

namespace recrank {
namespace {

// One run of the step, and what was seen.
struct Watched {
  SourceWatch watch;
  Verdict verdict;
};

class SourceViewer {
 public:
  SourceViewer(const Recording& recording, const Engine& engine, const ReplayRequest& base,
               const SubjectReport& report, const SourceRequest& asked, const Interrupt& interrupt)
      : recording_(recording),
        engine_(engine),
        base_(base),
        report_(report),
        verdict_(report.result.verdict),
        step_(*report.result.verdict.step),
        asked_(asked),
        interrupt_(interrupt) {}

  SourceView view();

 private:
  [[nodiscard]] Watched watch_finding(bool lines, uint64_t from_call);
  [[nodiscard]] Watched watch(const ReplayPlan& plan, bool lines, uint64_t from_call);
  [[nodiscard]] bool shows_finding(const Verdict& verdict) const;
  void choose(const Watched& seen);
  void choose_call(const std::vector<SourceLook>& looks);
  void choose_death(const Watched& seen);
  void choose_last(const std::vector<SourceLook>& looks, const std::string& why);
  [[nodiscard]] SourcePlace place(const SourceLook& look) const {
    return place_of(look, ReadFirst::kSubject, recording_, engine_, report_, asked_);
  }
  [[nodiscard]] std::string recorded_call(uint64_t index) const;

  const Recording& recording_;
  const Engine& engine_;
  const ReplayRequest& base_;
  const SubjectReport& report_;
  const Verdict& verdict_;
  const uint64_t step_;
  const SourceRequest& asked_;
  const Interrupt& interrupt_;
  SourceView view_;
};

Watched SourceViewer::watch(const ReplayPlan& plan, bool lines, uint64_t from_call) {
  Watched seen;
  seen.watch.step = step_;
  seen.watch.lines = lines;
  seen.watch.lines_from_call = from_call;
  ReplayRequest request = watched_request(base_, report_);
  request.watch = &seen.watch;
  const ReplayResult result = replay(recording_, engine_, request, plan, interrupt_, nullptr);
  seen.verdict = result.verdict;
  view_.wall_s += result.cost.wall_s;
  view_.looks += seen.watch.looks.size() + seen.watch.looks_dropped;
  return seen;
}

bool SourceViewer::shows_finding(const Verdict& verdict) const {
  if (is_hang(verdict_)) return verdict.kind == VerdictKind::kLimit && verdict.step == step_;
  return verdict.step == step_ && same_finding(verdict, verdict_);
}

// From the nearest checkpoint; where that does not show the finding, from where the replay began
// that met it.
Watched SourceViewer::watch_finding(bool lines, uint64_t from_call) {
  const auto to_the_step = [&](ReplayPlan plan) {
    plan.range.end = step_ + 1;
    return plan;
  };
  const ReplayPlan nearest = to_the_step(plan_replay(recording_, watched_request(base_, report_)));
  Watched seen = watch(nearest, lines, from_call);
  const auto is_enough = [&] {
    return shows_finding(seen.verdict) || seen.verdict.kind == VerdictKind::kUnjudged ||
           interrupt_.requested();
  };
  const ReplayPlan met = to_the_step(plan_of_finding(report_));
  if (!is_enough() && met.range != nearest.range) seen = watch(met, lines, from_call);
  if (seen.verdict.kind == VerdictKind::kUnjudged) {
    view_.loss = seen.verdict.reason;
  } else if (!is_enough()) {
    view_.loss = "run once more to look at it, the step did not show the same: " +
                 finding_words(seen.verdict);
  }
  return seen;
}

SourceView SourceViewer::view() {
  if (!engine_.can_watch()) {
    view_.loss = "engines of this kind have no debugger that recrank knows";
    return std::move(view_);
  }
  try {
    const Watched seen = watch_finding(false, 0);
    if (!seen.watch.loss.empty()) view_.loss = seen.watch.loss;
    if (seen.watch.reached || !seen.watch.looks.empty()) choose(seen);
    const bool of_call = view_.place && view_.place->look.kind == LookKind::kCall;
    view_.led_by = dialect_of(recording_)
                       .what_led_to(recording_, report_.subject.id, step_,
                                    of_call ? view_.place->look.words : std::string());
    if (!view_.place && view_.loss.empty()) view_.loss = "it has no line of its own";
  } catch (const Error& error) {
    view_.loss = error.what();
  }
  return std::move(view_);
}

void SourceViewer::choose(const Watched& seen) {
  const std::vector<SourceLook>& looks = seen.watch.looks;
  switch (verdict_.kind) {
    case VerdictKind::kDiverged: choose_call(looks); return;
    case VerdictKind::kLimit:
    case VerdictKind::kCrashed: choose_death(seen); return;
    case VerdictKind::kClean:
    case VerdictKind::kUnjudged:
    case VerdictKind::kInterrupted: return;
  }
}

std::string SourceViewer::recorded_call(uint64_t index) const {
  const auto stream = recording_.steps(report_.subject.id, {step_, step_ + 1});
  Step step;
  if (!stream->next(step) || index >= step.calls.size()) return {};
  return std::string(step.calls[index].call);
}

void SourceViewer::choose_call(const std::vector<SourceLook>& looks) {
  if (verdict_.divergences.empty()) return;
  const Divergence& first = verdict_.divergences.front();
  const bool of_a_call = first.field == Field::kSyscallWrong ||
                         first.field == Field::kSyscallExtra ||
                         first.field == Field::kSyscallMissing;
  if (!of_a_call || !first.index) {
    choose_last(looks, std::string(field_name(first)));
    return;
  }
  const uint64_t index = *first.index;
  const auto made = std::find_if(looks.begin(), looks.end(), [&](const SourceLook& look) {
    return look.kind == LookKind::kCall && look.call == index;
  });
  if (made != looks.end()) {
    view_.what = "call " + std::to_string(index) +
                 (first.field == Field::kSyscallMissing ? ", made instead of one that is missing"
                                                        : ", which differs") +
                 ", is made here";
    view_.place = place(*made);
  }
  const std::string expected = recorded_call(index);
  if (expected.empty()) return;
  const auto as_recorded = std::find_if(looks.begin(), looks.end(), [&](const SourceLook& look) {
    return look.kind == LookKind::kCall && json_equal(look.words, expected);
  });
  if (as_recorded != looks.end()) {
    view_.recorded_what = "the recorded call " + std::to_string(index) + " is made here, as call " +
                          std::to_string(as_recorded->call);
    view_.recorded_place = place(*as_recorded);
  } else {
    view_.recorded_what = "the recorded call " + std::to_string(index) + " is not made in this run";
  }
  if (!view_.place) choose_last(looks, "a call that is missing");
}

// The last error that was thrown, or the last call: what came before the difference.
void SourceViewer::choose_last(const std::vector<SourceLook>& looks, const std::string& of) {
  if (looks.empty()) return;
  const SourceLook& last = looks.back();
  view_.what =
      last.kind == LookKind::kThrown
          ? "the last error of the step is thrown here: " + last.words
          : "the last call of the step, call " + std::to_string(last.call) + ", is made here";
  view_.what += " (" + of + " has no line of its own)";
  view_.place = place(last);
}

void SourceViewer::choose_death(const Watched& seen) {
  const std::vector<SourceLook>& looks = seen.watch.looks;
  const auto stopped = std::find_if(looks.rbegin(), looks.rend(), [](const SourceLook& look) {
    return look.kind == LookKind::kStopped;
  });
  if (stopped != looks.rend()) {
    view_.what = "it gives up here: " + stopped->words;
    if (is_hang(verdict_)) {
      view_.what = "it is still at work here, after " +
                   format_count(watched_request(base_, report_).limits.computrons.value_or(0)) +
                   " computrons";
    }
    view_.place = place(*stopped);
    return;
  }
  if (looks.empty() && !seen.watch.reached) return;
  // Nothing stops a process that dies: the lines since its last call are followed one by one.
  const uint64_t calls =
      static_cast<uint64_t>(std::count_if(looks.begin(), looks.end(), [](const SourceLook& look) {
        return look.kind == LookKind::kCall;
      }));
  if (verdict_.kind == VerdictKind::kCrashed) {
    const Watched lines = watch_finding(true, calls);
    if (!lines.watch.looks.empty() && lines.watch.looks.back().kind == LookKind::kLine) {
      view_.what = "the last line that was begun before it died";
      view_.place = place(lines.watch.looks.back());
      return;
    }
  }
  if (!looks.empty()) choose_last(looks, "its end");
}

// An engine that could not be started has done nothing of its subject's.
bool is_delivery(const Recording& recording, const SubjectReport& report, uint64_t number) {
  const auto stream = recording.steps(report.subject.id, {number, number + 1});
  Step step;
  return stream->next(step) && step.kind == StepKind::kDelivery;
}

bool is_of_a_step(const SubjectReport& report) {
  const Verdict& verdict = report.result.verdict;
  const bool finding = verdict.kind == VerdictKind::kDiverged ||
                       verdict.kind == VerdictKind::kCrashed || verdict.kind == VerdictKind::kLimit;
  if (!finding || !verdict.step || report.result.ended_in_perturbation) return false;
  return verdict.divergences.empty() || verdict.divergences.front().field != Field::kSnapshotHash;
}

}  // namespace

std::optional<SourceView> view_source(const Recording& recording, const Engine& engine,
                                      const ReplayRequest& base, const SubjectReport& report,
                                      const SourceRequest& asked, const Interrupt& interrupt) {
  if (!is_of_a_step(report)) return std::nullopt;
  if (!is_delivery(recording, report, *report.result.verdict.step)) return std::nullopt;
  if (asked.by_itself && !engine.can_watch()) return std::nullopt;
  SourceView view = SourceViewer(recording, engine, base, report, asked, interrupt).view();
  if (asked.by_itself && !view.place) return std::nullopt;
  return view;
}

}  // namespace recrank
