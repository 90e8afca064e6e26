#include "harness/session/growth_watch.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace recrank {
namespace {

constexpr uint64_t kStepsPerSample = 32;
constexpr size_t kRecentMax = 32;
constexpr size_t kTracksMax = 4096;

using Points = std::vector<std::pair<uint64_t, double>>;

std::optional<double> slope_where_known(const std::deque<GrowthSample>& samples,
                                        std::optional<uint64_t> GrowthSample::*member) {
  Points points;
  for (const GrowthSample& sample : samples) {
    if (const auto value = sample.*member) points.emplace_back(sample.step, *value);
  }
  if (points.size() < 2) return std::nullopt;
  return slope_of(points);
}

double slope_of_member(const std::deque<GrowthSample>& samples, uint64_t GrowthSample::*member) {
  Points points;
  for (const GrowthSample& sample : samples) points.emplace_back(sample.step, sample.*member);
  return slope_of(points);
}

// "1.0 GiB of 6.0 GiB (17 %)"
std::string used_of(uint64_t used, uint64_t all) {
  std::string text = format_bytes(used) + " of " + format_bytes(all);
  if (all > 0) {
    const double percent = 100 * static_cast<double>(used) / static_cast<double>(all);
    text += " (" + std::to_string(static_cast<int>(percent)) + " %)";
  }
  return text;
}

}  // namespace

double slope_of(const Points& points) {
  if (points.size() < 2) return 0;
  // Relative to the first: step numbers of millions would spoil the sums.
  const auto x = [&](const auto& p) { return static_cast<double>(p.first - points.front().first); };
  double mean_x = 0;
  double mean_y = 0;
  for (const auto& point : points) {
    mean_x += x(point);
    mean_y += point.second;
  }
  mean_x /= static_cast<double>(points.size());
  mean_y /= static_cast<double>(points.size());
  double above = 0;
  double below = 0;
  for (const auto& point : points) {
    above += (x(point) - mean_x) * (point.second - mean_y);
    below += (x(point) - mean_x) * (x(point) - mean_x);
  }
  return below > 0 ? above / below : 0;
}

bool GrowthWatch::wants_cost(uint64_t step) const {
  if (step % kStepsPerSample == 0) return true;
  // A replay that is shorter than that has its first delivery to go by.
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto current = current_.find(std::this_thread::get_id());
  return current == current_.end() || current->second == nullptr || current->second->samples == 0 ||
         step <= current->second->newest_step;
}

GrowthWatch::Track* GrowthWatch::track_for(const StepTelemetry& step) {
  Track*& current = current_[std::this_thread::get_id()];
  const bool goes_on = current != nullptr && current->subject_id == step.subject_id &&
                       current->run == step.run && current->newest_step < step.step;
  if (goes_on) return current;
  current = nullptr;
  if (tracks_.size() >= kTracksMax) return nullptr;
  current = &tracks_.emplace_back();
  current->subject_id = step.subject_id;
  current->run = step.run;
  current->first_step = step.step;
  return current;
}

void GrowthWatch::on_step(const StepTelemetry& step) {
  // Marks have no meter.
  if (!step.delivery || !step.cost || step.cost->rss_bytes == 0) return;
  const MeterFigures& meter = step.meter;
  const std::lock_guard<std::mutex> lock(mutex_);
  Track* const track = track_for(step);
  if (track == nullptr) return;
  track->newest_step = step.step;
  const GrowthSample sample{
      step.step,         step.cost->rss_bytes,     step.cost->address_space_bytes,
      meter.allocate,    meter.current_heap_count, meter.garbage_collections,
      meter.allocate_max};
  if (track->process != step.process) {
    track->process = step.process;
    track->first = sample;
    track->recent.clear();
    track->samples = 0;
    track->peak_rss_bytes = 0;
  }
  ++track->samples;
  track->peak_rss_bytes = std::max(track->peak_rss_bytes, step.cost->peak_rss_bytes);
  track->recent.push_back(sample);
  if (track->recent.size() > kRecentMax) track->recent.pop_front();
}

void GrowthWatch::on_last_step(const StepTelemetry& step) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Track* const track = track_for(step);
  if (track == nullptr) return;
  track->newest_step = step.step;
  track->last_step = step.step;
  if (track->process == 0) track->process = step.process;
  if (step.cost) track->peak_rss_bytes = std::max(track->peak_rss_bytes, step.cost->peak_rss_bytes);
}

GrowthSummary GrowthWatch::summarise(const Track& track) {
  GrowthSummary summary;
  summary.samples = track.samples;
  summary.processes = track.process;
  summary.first = track.first;
  summary.peak_rss_bytes = track.peak_rss_bytes;
  summary.last_step = track.last_step;
  if (track.recent.empty()) return summary;
  summary.last = track.recent.back();
  if (track.recent.size() < 2) return summary;
  summary.slope_steps = track.recent.back().step - track.recent.front().step;
  summary.rss_per_step = slope_of_member(track.recent, &GrowthSample::rss_bytes);
  summary.address_space_per_step =
      slope_of_member(track.recent, &GrowthSample::address_space_bytes);
  summary.allocate_per_step = slope_where_known(track.recent, &GrowthSample::allocate);
  summary.heap_count_per_step = slope_where_known(track.recent, &GrowthSample::heap_count);
  return summary;
}

std::optional<GrowthSummary> GrowthWatch::summary(const std::string& subject_id, uint64_t run,
                                                  std::optional<uint64_t> step) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Track* best = nullptr;
  for (const Track& track : tracks_) {
    if (track.subject_id != subject_id || track.run != run) continue;
    if (step && track.first_step > *step) continue;
    if (best == nullptr || track.first_step > best->first_step) best = &track;
  }
  if (best == nullptr || (best->samples == 0 && !best->last_step)) return std::nullopt;
  return summarise(*best);
}

std::string memory_answer(const GrowthSummary& growth, const Verdict& verdict,
                          const Limits& limits) {
  constexpr double kNear = 0.8;  // of the limit: room for less than one more like it
  constexpr double kFarSteps = 1e9;
  const auto limit = static_cast<double>(limits.memory_bytes);
  const uint64_t seen = std::max(growth.last.address_space_bytes, growth.peak_rss_bytes);
  const auto share_of = [](uint64_t used, uint64_t all) {
    return all > 0 ? static_cast<double>(used) / static_cast<double>(all) : 0;
  };
  const uint64_t allocate = growth.last.allocate.value_or(0);
  const double share =
      std::max(share_of(seen, limits.memory_bytes), share_of(allocate, growth.last.allocate_max));
  std::string of_limit = used_of(seen, limits.memory_bytes) + " address space";
  if (allocate > 0) of_limit += " and " + used_of(allocate, growth.last.allocate_max) + " heap";
  if (verdict.kind == VerdictKind::kLimit && verdict.limit &&
      verdict.limit->kind == LimitKind::kMemory) {
    return "yes: the memory limit ended it; seen " + of_limit;
  }
  if (verdict.kind == VerdictKind::kCrashed) {
    if (share >= kNear) return "likely: the engine had taken " + of_limit;
    if (growth.last.address_space_bytes == 0) {
      return "not known: it died before its address space was looked at; resident it had " +
             format_bytes(growth.peak_rss_bytes);
    }
    return "not by growth: the engine had taken " + of_limit +
           "; one allocation too large for the limit leaves no trace here";
  }
  std::string text = "no limit was near: " + of_limit;
  if (share >= kNear) text = "close to the limit: " + of_limit;
  if (growth.address_space_per_step >= 1) {
    const double steps = (limit - static_cast<double>(seen)) / growth.address_space_per_step;
    if (steps >= 0 && steps < kFarSteps) {
      text += "; at this growth it is reached in some " +
              format_count(static_cast<uint64_t>(std::llround(steps))) + " steps";
    }
  }
  return text;
}

}  // namespace recrank
