#include "harness/source/line_trace.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/source/source_report.h"
#include "harness/source/watched_run.h"
#include "replay/judge/same_finding.h"

namespace recrank {
namespace {

// A line of a step costs some 11 computrons, and each takes some 0.2 ms: of a longer step only what
// follows the last call that both made alike is followed.
constexpr uint64_t kWholeStepComputrons = 500'000;

struct Line {
  std::string path;
  uint64_t line = 0;
  uint64_t depth = 0;
  friend bool operator==(const Line&, const Line&) = default;
};

// Two subjects that begin their lines in step: each waits at a line until the other has come to
// one, and both stop where these differ, or where the other has come to its end.
class LockStep {
 public:
  class Side final : public LineSink {
   public:
    Side(LockStep& both, size_t number) : both_(both), number_(number) {}
    bool on_line(std::string_view path, uint64_t line, uint64_t depth) override {
      // The numbers that an engine gives to texts without a name are its own.
      return both_.meet(number_, {path.starts_with('#') ? "#" : std::string(path), line, depth});
    }
    void end() { both_.end(number_); }

   private:
    LockStep& both_;
    size_t number_;
  };

  [[nodiscard]] Side& side(size_t number) { return number == 0 ? first_ : second_; }
  [[nodiscard]] uint64_t alike() const { return alike_; }  // when both have ended

 private:
  struct Stand {
    std::optional<Line> at;
    uint64_t met = 0;  // lines that it was let go from
    bool ended = false;
  };

  bool meet(size_t number, Line line) {
    std::unique_lock lock(mutex_);
    Stand& own = stands_[number];
    Stand& other = stands_[1 - number];
    own.at = std::move(line);
    changed_.notify_all();
    changed_.wait(lock, [&] { return parted_ || other.ended || other.at || own.met < alike_; });
    if (own.met < alike_) {  // the other has compared
      ++own.met;
      return true;
    }
    if (parted_ || !other.at || *own.at != *other.at) {
      parted_ = true;
      changed_.notify_all();
      return false;
    }
    ++alike_;
    own.met = alike_;
    own.at.reset();
    other.at.reset();
    changed_.notify_all();
    return true;
  }
  void end(size_t number) {
    const std::lock_guard lock(mutex_);
    stands_[number].ended = true;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Stand, 2> stands_;
  uint64_t alike_ = 0;
  bool parted_ = false;
  Side first_{*this, 0};
  Side second_{*this, 1};
};

// What one engine came to.
struct Followed {
  std::optional<SourcePlace> place;  // where the two parted
  double wall_s = 0;
  std::string loss;
};

class LineTracer {
 public:
  LineTracer(const Recording& recording, const ReplayRequest& base, const SubjectReport& report,
             const SourceRequest& asked, const Interrupt& interrupt)
      : recording_(recording), base_(base), report_(report), asked_(asked), interrupt_(interrupt) {}

  LineTrace trace(const Engine& engine, const Engine& other);

 private:
  [[nodiscard]] uint64_t first_call() const;
  [[nodiscard]] Followed follow(const Engine& engine, LockStep::Side& side,
                                uint64_t from_call) const;

  const Recording& recording_;
  const ReplayRequest& base_;
  const SubjectReport& report_;
  const SourceRequest& asked_;
  const Interrupt& interrupt_;
};

// 0: the whole step.
uint64_t LineTracer::first_call() const {
  const Verdict& verdict = report_.result.verdict;
  const auto stream = recording_.steps(report_.subject.id, {*verdict.step, *verdict.step + 1});
  Step step;
  const bool is_short = stream->next(step) && step.computrons.value_or(0) <= kWholeStepComputrons;
  if (is_short || verdict.divergences.empty()) return 0;
  return verdict.divergences.front().index.value_or(0);
}

Followed LineTracer::follow(const Engine& engine, LockStep::Side& side, uint64_t from_call) const {
  Followed followed;
  SourceWatch watch;
  watch.step = *report_.result.verdict.step;
  watch.lines = true;
  watch.lines_from_call = from_call;
  watch.sink = &side;
  try {
    ReplayRequest request = watched_request(base_, report_);
    request.watch = &watch;
    const ReplayPlan plan = plan_replay(recording_, request);
    const ReplayResult result = replay(recording_, engine, request, plan, interrupt_, nullptr);
    side.end();
    followed.wall_s = result.cost.wall_s;
    if (!watch.reached) {
      followed.loss = !watch.loss.empty() ? watch.loss : result.verdict.reason;
      if (followed.loss.empty()) {
        followed.loss = "the step was not reached: " + finding_words(result.verdict);
      }
    }
    for (const SourceLook& look : watch.looks) {
      if (look.kind != LookKind::kLine) continue;
      followed.place = place_of(look, ReadFirst::kInnermost, recording_, engine, report_, asked_);
    }
  } catch (const Error& error) {
    side.end();
    followed.loss = error.what();
  }
  if (!followed.loss.empty()) followed.loss.insert(0, engine.identity().name + ": ");
  return followed;
}

LineTrace LineTracer::trace(const Engine& engine, const Engine& other) {
  LineTrace trace;
  trace.other = other.identity().name;
  if (!engine.can_watch() || !other.can_watch()) {
    trace.loss = "engines of this kind have no debugger that recrank knows";
    return trace;
  }
  trace.from_call = first_call();
  LockStep both;
  Followed there;
  std::thread beside([&] { there = follow(other, both.side(1), trace.from_call); });
  Followed here = follow(engine, both.side(0), trace.from_call);
  beside.join();
  trace.lines = both.alike();
  trace.here = std::move(here.place);
  trace.there = std::move(there.place);
  trace.wall_s = std::max(here.wall_s, there.wall_s);
  trace.loss = here.loss.empty() ? there.loss : here.loss;
  return trace;
}

std::string headline_of(const LineTrace& trace) {
  std::string from = "line by line against " + trace.other;
  if (trace.from_call > 0) from += ", from call " + std::to_string(trace.from_call - 1) + " on";
  if (trace.here || trace.there) {
    return from + ": " + counted(trace.lines, "line") + " alike, then";
  }
  if (!trace.loss.empty()) return from;
  return from + ": the same " + counted(trace.lines, "line");
}

}  // namespace

LineTrace trace_lines(const Recording& recording, const Engine& engine, const Engine& other,
                      const ReplayRequest& base, const SubjectReport& report,
                      const SourceRequest& asked, const Interrupt& interrupt) {
  return LineTracer(recording, base, report, asked, interrupt).trace(engine, other);
}

ReportPart trace_part(const LineTrace& trace) {
  Json json{{"other", printable(trace.other)},
            {"from_call", trace.from_call},
            {"lines", trace.lines},
            {"wall_s", trace.wall_s}};
  std::string text = "  " + printable(headline_of(trace)) + "\n";
  const auto add = [&](const char* member, const char* what,
                       const std::optional<SourcePlace>& place) {
    if (!place) {
      if (trace.here || trace.there) text += "    " + std::string(what) + ": the step is over\n";
      return;
    }
    json[member] = place_json(*place);
    text += place_text(what, *place);
  };
  add("here", "this engine", trace.here);
  add("there", "the other", trace.there);
  if (!trace.loss.empty()) {
    json["loss"] = printable(trace.loss);
    text += "    not seen: " + printable(trace.loss) + "\n";
  }
  return {"js_trace", json_text(json), std::move(text)};
}

}  // namespace recrank
