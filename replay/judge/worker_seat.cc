#include "replay/judge/worker_seat.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "replay/dialect.h"
#include "replay/judge/step_end.h"

namespace recrank {
namespace {

// As the kernel names it: vat, position of the save-snapshot mark, sha256.
std::string heap_label(const std::string& subject_id, const Checkpoint& checkpoint) {
  const uint64_t position = checkpoint.next_step > 0 ? checkpoint.next_step - 1 : 0;
  return subject_id + "-" + std::to_string(position) + "-" + checkpoint.sha256;
}

void require_options(const Engine& engine, const EngineOptions& options) {
  const auto known = engine.option_names();
  for (const NamedText& each : options.all()) {
    if (std::find(known.begin(), known.end(), each.name) != known.end()) continue;
    const EngineIdentity& identity = engine.identity();
    throw Error(ErrorCode::kUsage, "the engine " + printable(identity.name, 100) + " (" +
                                       identity.dialect + ") has no option --" + each.name);
  }
}

}  // namespace

StartRequest WorkerSeat::start_request(uint64_t step) const {
  StartRequest start;
  start.setup = recording_.setup(request_.subject_id, step);
  dialect_of(recording_).lay_over(start.setup, request_.user_setup);
  start.dialect = recording_.info().dialect;
  start.range = {step, std::max(step, range_.end)};
  start.limits = request_.limits;
  start.aslr = request_.aslr;
  start.capture = request_.capture;
  start.options = request_.options;
  start.options.lay_over(request_.perturbation.options);
  start.watch = request_.watch;
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
  require_options(engine_, start.options);
  const Dialect& dialect = dialect_of(recording_);
  std::string hint = dialect.lacking_options(start.setup);
  if (!hint.empty()) {
    hint.insert(0, "; the recording does not hold all that its subject was started with: give ");
  }
  if (!start.heap.valid()) {
    assumed_ = dialect.assume_defaults(start.setup);
    note_bundles(start.setup);
  }
  StartResult started = engine_.start(std::move(start), interrupt_);
  if (started.run == nullptr) return verdict_of_failed_start(started, hint, step);
  run_ = std::move(started.run);
  return std::nullopt;
}

// What neither the recording nor the user gave comes from the engine.
void WorkerSeat::note_bundles(const Setup& told) {
  for (const std::string_view name : dialect_of(recording_).bundle_names()) {
    const std::string* text = told.find(name);
    ToldBundle bundle{std::string(name), "", "recorded"};
    if (text != nullptr) {
      bundle.sha256 = sha256_hex(*text);
      if (request_.user_setup.get(name) == *text) bundle.whose = "given";
    } else {
      bundle.sha256 = engine_.identity().part_sha256(name);
      bundle.whose = "the engine's";
      if (bundle.sha256.empty()) continue;
      assumed_.push_back(bundle.name + " bundle of the engine, sha256 " + bundle.sha256);
    }
    if (std::find(bundles_.begin(), bundles_.end(), bundle) != bundles_.end()) continue;
    bundles_.push_back(std::move(bundle));
  }
}

void WorkerSeat::end() {
  if (run_ == nullptr) return;
  const RunCost cost = run_->cost();
  cost_.engine_cpu_s += cost.engine_cpu_s;
  cost_.peak_rss_bytes = std::max(cost_.peak_rss_bytes, cost.engine_peak_rss_bytes);
  run_.reset();
}

}  // namespace recrank
