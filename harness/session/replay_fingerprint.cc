#include "harness/session/replay_fingerprint.h"

#include <optional>
#include <string_view>

#include "base/hash.h"

namespace recrank {
namespace {

// To be changed with what a replay finds in the same steps: then nothing that is kept holds.
constexpr std::string_view kRules = "recrank replay rules 3";

// Feeds values so that no two lists of them give the same bytes.
class Feed {
 public:
  void text(std::string_view value) {
    hash_.update(std::to_string(value.size()) + ":");
    hash_.update(value);
  }
  void number(uint64_t value) { text(std::to_string(value)); }
  void flag(bool value) { text(value ? "yes" : "no"); }
  void real(double value) { text(std::to_string(value)); }
  template <typename T, typename Put>
  void maybe(const std::optional<T>& value, Put put) {
    flag(value.has_value());
    if (value) put(*value);
  }
  void maybe(const std::optional<std::string>& value) {
    maybe(value, [&](const std::string& each) { text(each); });
  }
  void maybe(const std::optional<uint64_t>& value) {
    maybe(value, [&](uint64_t each) { number(each); });
  }
  void maybe(const std::optional<bool>& value) {
    maybe(value, [&](bool each) { flag(each); });
  }
  [[nodiscard]] std::string finish() { return hash_.finish_hex(); }

 private:
  Sha256 hash_;
};

void feed_texts(Feed& feed, const NamedTexts& texts) {
  feed.number(texts.all().size());
  for (const NamedText& each : texts.all()) {
    feed.text(each.name);
    feed.text(each.text);
  }
}

void feed_setup(Feed& feed, const Setup& setup) {
  feed.text(setup.label);
  feed_texts(feed, setup);
}

void feed_step(Feed& feed, const Step& step) {
  feed.number(step.number);
  feed.number(static_cast<uint64_t>(step.kind));
  feed.text(step.delivery);
  feed.number(step.calls.size());
  for (const ExpectedCall& call : step.calls) {
    feed.text(call.call);
    feed.text(call.answer);
  }
  feed.maybe(step.status, [&](RecordedStatus each) { feed.number(static_cast<uint64_t>(each)); });
  feed.text(step.failure_text);
  feed.flag(step.open_end);
  feed.maybe(step.computrons);
  feed.text(step.expected_snapshot);
  feed.text(step.expected_result);
  feed.number(step.facts.size());
  for (const NamedFact& fact : step.facts) {
    feed.text(fact.name);
    feed.text(fact.value);
  }
}

void feed_limits(Feed& feed, const Limits& limits) {
  feed.maybe(limits.computrons);
  feed.real(limits.step_wall_s);
  feed.real(limits.wall_s);
  feed.number(limits.cpu_s);
  feed.number(limits.memory_bytes);
  feed.number(limits.calls_max);
  feed.number(limits.frame_bytes_max);
}

void feed_schedule(Feed& feed, const StepSchedule& schedule) {
  feed.number(schedule.every);
  feed.number(schedule.steps.size());
  for (const uint64_t step : schedule.steps) feed.number(step);
}

void feed_perturbation(Feed& feed, const Perturbation& perturbation) {
  feed_texts(feed, perturbation.options);
  feed_schedule(feed, perturbation.write_heap_after);
  feed_schedule(feed, perturbation.reload_after);
}

void feed_request(Feed& feed, const ReplayRequest& request) {
  feed.text(request.subject_id);
  feed.flag(request.on_divergence == OnDivergence::kContinue);
  feed.flag(request.compare.syscalls);
  feed.flag(request.compare.result);
  feed.flag(request.compare.computrons);
  feed.flag(request.compare.snapshots);
  feed.flag(request.compare.facts);
  feed_texts(feed, request.options);
  feed_limits(feed, request.limits);
  feed.flag(request.aslr);
  feed.text(to_string(request.capture.mode));
  feed_perturbation(feed, request.perturbation);
  feed.flag(request.snapshot_trust == SnapshotTrust::kBytes);
  feed_setup(feed, request.user_setup);
}

}  // namespace

std::string replay_fingerprint(const Recording& recording, const ReplayRequest& request,
                               const ReplayPlan& plan, const Interrupt& interrupt) {
  Feed feed;
  feed.text(kRules);
  feed.text(recording.info().dialect);
  feed_request(feed, request);
  feed.text(plan.checkpoint.label());
  feed.text(plan.checkpoint.sha256);
  const auto stream = recording.steps(request.subject_id, plan.range);
  Step step;
  bool fresh = true;  // a worker may begin here: what it is told counts
  while (stream->next(step)) {
    if (interrupt.requested()) return "";
    if (fresh || step.kind == StepKind::kInitializeWorker) {
      feed_setup(feed, recording.setup(request.subject_id, step.number));
    }
    fresh = false;
    feed_step(feed, step);
  }
  return feed.finish();
}

}  // namespace recrank
