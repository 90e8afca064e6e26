#include "replay/judge/worker_seat.h"

#include <algorithm>
#include <utility>

#include "replay/judge/step_end.h"
#include "snapshot/agoric/dialect_names.h"

namespace recrank {
namespace {

// As the kernel names it: vat, position of the save-snapshot mark, sha256.
std::string heap_label(const std::string& subject_id, const Checkpoint& checkpoint) {
  const uint64_t position = checkpoint.next_step > 0 ? checkpoint.next_step - 1 : 0;
  return subject_id + "-" + std::to_string(position) + "-" + checkpoint.sha256;
}

}  // namespace

Setup overlay_setup(Setup recorded, const Setup& user) {
  const auto lay = [](auto& value, const auto& from_user) {
    if (from_user) value = from_user;
  };
  if (!user.worker_name.empty()) recorded.worker_name = user.worker_name;
  lay(recorded.lockdown_bundle, user.lockdown_bundle);
  lay(recorded.supervisor_bundle, user.supervisor_bundle);
  // One file cannot stand for the code of every incarnation: only for one that is not recorded.
  if (!recorded.vat_bundle) recorded.vat_bundle = user.vat_bundle;
  lay(recorded.vat_parameters, user.vat_parameters);
  lay(recorded.cache_size, user.cache_size);
  lay(recorded.enable_disavow, user.enable_disavow);
  lay(recorded.relax_durability_rules, user.relax_durability_rules);
  lay(recorded.meter_limit, user.meter_limit);
  return recorded;
}

std::vector<std::string> assume_defaults(Setup& setup, std::string_view era) {
  std::vector<std::string> assumed;
  if (era != kXsnap2021 && era != kXsnap2024) return assumed;  // only vats are told anything
  const auto assume = [&assumed](auto& value, const auto& fallback, const char* told) {
    if (value) return;
    value = fallback;
    assumed.emplace_back(told);
  };
  if (era == kXsnap2021) {
    assume(setup.vat_parameters, "{}", "vatParameters {}");
    assume(setup.cache_size, "null", "virtualObjectCacheSize null");
  } else {
    assume(setup.relax_durability_rules, false, "relaxDurabilityRules false");
  }
  assume(setup.enable_disavow, false, "enableDisavow false");
  return assumed;
}

StartRequest WorkerSeat::start_request(uint64_t step) const {
  StartRequest start;
  start.setup = overlay_setup(recording_.setup(request_.subject_id, step), request_.user_setup);
  start.dialect = recording_.info().dialect;
  start.range = {step, std::max(step, range_.end)};
  start.clock = request_.clock;
  start.limits = request_.limits;
  start.aslr = request_.aslr;
  start.capture = request_.capture;
  start.parser_buffer_kb = request_.perturbation.parser_buffer_kb;
  return start;
}

std::optional<Verdict> WorkerSeat::start(const Checkpoint& checkpoint, uint64_t step) {
  end();
  StartRequest start = start_request(step);
  if (has_bytes(checkpoint.kind)) {
    const std::string& id = request_.subject_id;
    start.heap = recording_.open_snapshot(id, checkpoint, request_.snapshot_trust);
    start.heap_label = heap_label(id, checkpoint);
  }
  return launch(std::move(start), step);
}

std::optional<Verdict> WorkerSeat::start_from(UniqueFd heap, const std::string& label,
                                              uint64_t step) {
  end();
  StartRequest start = start_request(step);
  start.heap = std::move(heap);
  start.heap_label = label;
  return launch(std::move(start), step);
}

std::optional<Verdict> WorkerSeat::launch(StartRequest start, uint64_t step) {
  // Of the setup only what a failed start has to tell; the bundles go to the engine.
  Setup told;
  told.vat_parameters = start.setup.vat_parameters;
  told.cache_size = start.setup.cache_size;
  told.enable_disavow = start.setup.enable_disavow;
  if (!start.heap.valid()) assumed_ = assume_defaults(start.setup, start.dialect);
  StartResult started = engine_.start(std::move(start), interrupt_);
  if (started.run == nullptr) {
    return verdict_of_failed_start(started, told, recording_.info().dialect, step);
  }
  run_ = std::move(started.run);
  return std::nullopt;
}

void WorkerSeat::end() {
  if (run_ == nullptr) return;
  const RunCost cost = run_->cost();
  cost_.engine_cpu_s += cost.engine_cpu_s;
  cost_.peak_rss_bytes = std::max(cost_.peak_rss_bytes, cost.engine_peak_rss_bytes);
  run_.reset();
}

}  // namespace recrank
