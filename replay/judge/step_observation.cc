#include "replay/judge/step_observation.h"

namespace recrank {
namespace {

constexpr double kMsPerS = 1e3;
// A worker's meter with all its time stamps has 10 kB; what is longer is none.
constexpr size_t kMeterBytesMax = 64 << 10;

}  // namespace

void StepObservation::process_started() {
  ++processes_;
  cpu_known_ = true;
  cpu_before_s_ = 0;
}

void StepObservation::process_reloaded() {
  ++processes_;
  cpu_known_ = false;
}

void StepObservation::begin(const Step& step, const Run* run) {
  if (observer_ == nullptr) return;
  delivered_ = false;
  step_ = step.number;
  calls_ = 0;
  computrons_.reset();
  meter_.clear();
  const bool wanted = observer_->wants_cost(step.number);
  if (wanted && run != nullptr && !cpu_known_) {
    cpu_before_s_ = run->cost().engine_cpu_s;
    cpu_known_ = true;
  }
  wants_cost_ = wanted;
  began_ = Clock::now();
}

CallHandler& StepObservation::counted(CallHandler& handler) {
  if (observer_ == nullptr) return handler;
  delivered_ = true;
  handler_ = &handler;
  return *this;
}

std::optional<std::string_view> StepObservation::on_call(std::string_view call) {
  ++calls_;
  return handler_->on_call(call);
}

void StepObservation::on_console(std::string_view text) {
  observer_->on_console({request_.subject_id, request_.run, step_, text});
}

void StepObservation::answered(const StepOutcome& outcome) {
  if (observer_ == nullptr) return;
  const auto* done = std::get_if<StepDone>(&outcome);
  if (done == nullptr) return;
  computrons_ = done->computrons;
  if (wants_cost_ && done->meter.size() <= kMeterBytesMax) meter_ = done->meter;
}

StepCost StepObservation::cost(const Run* run) {
  StepCost cost;
  cost.wall_ms = std::chrono::duration<double, std::milli>(Clock::now() - began_).count();
  if (run == nullptr) return cost;
  const RunCost now = run->cost();
  cost.engine_cpu_ms = cpu_known_ ? (now.engine_cpu_s - cpu_before_s_) * kMsPerS : 0;
  cost.rss_bytes = now.engine_rss_bytes;
  cost.peak_rss_bytes = now.engine_peak_rss_bytes;
  cost.address_space_bytes = now.engine_address_space_bytes;
  cpu_before_s_ = now.engine_cpu_s;
  cpu_known_ = true;
  return cost;
}

StepTelemetry StepObservation::telemetry(const Step& step, const Run* run) {
  StepTelemetry telemetry;
  telemetry.subject_id = request_.subject_id;
  telemetry.run = request_.run;
  telemetry.step = step.number;
  telemetry.delivery = step.kind == StepKind::kDelivery;
  telemetry.kind = step.kind;
  telemetry.process = run != nullptr ? processes_ : 0;
  telemetry.recorded_computrons = step.computrons;
  telemetry.computrons = computrons_;
  telemetry.calls = calls_;
  telemetry.recorded_calls = step.calls.size();
  if (wants_cost_) {
    telemetry.meter = dialect_.meter_figures(meter_);
    telemetry.recorded_meter = dialect_.meter_figures(step.recorded_meter);
    telemetry.cost = cost(run);
  } else {
    cpu_known_ = false;  // the next one that asks begins to count there
  }
  return telemetry;
}

void StepObservation::end(const Step& step, const Run* run) {
  if (observer_ != nullptr) observer_->on_step(telemetry(step, run));
}

void StepObservation::died(const Step& step, const Run* run) {
  if (observer_ == nullptr || !delivered_) return;
  wants_cost_ = true;  // once per replay: what the engine had taken when it died
  observer_->on_last_step(telemetry(step, run));
}

}  // namespace recrank
