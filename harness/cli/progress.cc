#include "harness/cli/progress.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

constexpr int64_t kRedrawMs = 200;
constexpr const char* kClearLine = "\r\x1b[K";

std::string duration(double seconds) {
  const auto whole = static_cast<uint64_t>(seconds + 0.5);
  if (whole < 120) return std::to_string(whole) + " s";
  if (whole < 7200) return std::to_string(whole / 60) + " min";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

}  // namespace

Progress::Progress(std::ostream& err, bool enabled, std::string label, ProgressTotals totals)
    : err_(err), enabled_(enabled), label_(std::move(label)), totals_(totals) {}

Progress::~Progress() {
  if (drawn_) err_ << kClearLine << std::flush;
}

void Progress::on_step(const StepTelemetry& step) {
  const std::optional<uint64_t> recorded_computrons = step.recorded_computrons;
  if (!enabled_) return;
  ++steps_;
  computrons_ += recorded_computrons.value_or(0);
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start_);
  int64_t due = next_draw_ms_.load();
  if (elapsed.count() >= due &&
      next_draw_ms_.compare_exchange_strong(due, elapsed.count() + kRedrawMs)) {
    draw();
  }
}

void Progress::draw() {
  const std::lock_guard<std::mutex> lock(drawing_);
  const double elapsed = seconds_since(start_);
  const uint64_t steps = steps_.load();
  const bool by_computrons = totals_.computrons > 0;
  const double done =
      by_computrons
          ? static_cast<double>(computrons_.load()) / static_cast<double>(totals_.computrons)
          : static_cast<double>(steps) / static_cast<double>(std::max<uint64_t>(totals_.steps, 1));
  const double share = std::clamp(done, 1e-9, 1.0);
  err_ << kClearLine << label_ << "  " << format_count(steps) << "/" << format_count(totals_.steps)
       << " steps  " << static_cast<uint64_t>(static_cast<double>(steps) / elapsed) << " steps/s  "
       << static_cast<int>(share * 100) << (by_computrons ? " % of recorded computrons" : " %")
       << "  " << duration(elapsed * (1 - share) / share) << " left" << std::flush;
  drawn_ = true;
}

void CertaintyNews::on_runs(const SessionNews& news) {
  if (!enabled_ || begun_) return;
  begun_ = true;
  const double elapsed = seconds_since(start_);
  telling_ = elapsed >= tell_from_s_;
  if (!telling_) return;
  const size_t jobs = std::max<size_t>(1, ahead_.jobs);
  // Rows of a usual table of controls; each as long as the replay itself, at most.
  constexpr size_t kControls = 6;
  const size_t left =
      (ahead_.runs - std::min(ahead_.runs, news.runs)) + kControls * ahead_.control_runs;
  err_ << kClearLine << news.subject_id << ": " << headline(news.newest) << "  (the first of "
       << ahead_.runs << (ahead_.runs == 1 ? " run, " : " runs, ") << duration(elapsed);
  if (left > 0) {
    err_ << "; at most some "
         << duration(elapsed * static_cast<double>(left) / static_cast<double>(jobs)) << " ahead";
  }
  err_ << ")\n" << std::flush;
}

void CertaintyNews::on_control(const std::string& subject_id, const ControlRow& row) {
  if (!telling_) return;
  err_ << kClearLine << subject_id << ": " << row.label << ": ";
  if (row.not_run.empty()) err_ << "met in " << row.met << " of " << row.judged() << " runs";
  else err_ << "not run: " << printable(row.not_run, 200);
  err_ << "  (" << duration(seconds_since(start_)) << ")\n" << std::flush;
}

}  // namespace recrank
