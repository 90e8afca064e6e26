#include "harness/history_fingerprint.h"

#include "base/hash.h"

namespace recrank {
namespace {

// Each piece with its length before it, so that no two lists of pieces read alike.
class Pieces {
 public:
  Pieces& add(std::string_view piece) {
    hash_.update(std::to_string(piece.size()) + ":");
    hash_.update(piece);
    return *this;
  }
  Pieces& add(uint64_t number) { return add(std::string_view(std::to_string(number))); }
  Pieces& add(const std::optional<std::string>& piece) { return piece ? add(1).add(std::string_view(*piece)) : add(0); }
  Pieces& add(const std::optional<uint64_t>& number) { return number ? add(1).add(*number) : add(0); }
  Pieces& add_flag(const std::optional<bool>& flag) { return add(flag ? (*flag ? 2U : 1U) : 0U); }
  [[nodiscard]] std::string hex() { return hash_.finish_hex(); }

 private:
  Sha256 hash_;
};

void add_setup(Pieces& pieces, const VatSetup& setup) {
  for (const auto* text : {&setup.lockdown_bundle, &setup.supervisor_bundle, &setup.vat_bundle,
                           &setup.vat_parameters, &setup.cache_size}) {
    pieces.add(*text);
  }
  pieces.add_flag(setup.enable_disavow).add_flag(setup.relax_durability_rules).add(setup.meter_limit);
}

void add_step(Pieces& pieces, const Step& step) {
  pieces.add(step.number).add(static_cast<uint64_t>(step.kind)).add(step.delivery);
  pieces.add(step.calls.size());
  for (const ExpectedCall& call : step.calls) pieces.add(call.call).add(call.answer);
  pieces.add(step.status ? static_cast<uint64_t>(*step.status) + 1 : 0);
  pieces.add(std::string_view(step.failure_text)).add(step.computrons);
  pieces.add(step.expected_snapshot).add(step.expected_result);
}

void add_schedule(Pieces& pieces, const StepSchedule& schedule) {
  pieces.add(schedule.every).add(schedule.steps.size());
  for (const uint64_t step : schedule.steps) pieces.add(step);
}

}  // namespace

std::string history_fingerprint(const Recording& recording, const std::string& subject_id,
                                const ReplayPlan& plan, const Interrupt& interrupt) {
  Pieces pieces;
  pieces.add(static_cast<uint64_t>(recording.info().era));
  pieces.add(std::string_view(plan.checkpoint.label())).add(std::string_view(plan.checkpoint.sha256));
  add_setup(pieces, recording.vat_setup(subject_id, plan.range.begin));
  const auto stream = recording.steps(subject_id, plan.range);
  Step step;
  while (!interrupt.requested() && stream->next(step)) add_step(pieces, step);
  return pieces.hex();
}

std::string request_fingerprint(const ReplayRequest& request) {
  Pieces pieces;
  const CompareOptions& compare = request.compare;
  for (const bool each : {compare.syscalls, compare.result, compare.computrons, compare.snapshots,
                          request.aslr, request.from_genesis}) {
    pieces.add(each ? 1 : 0);
  }
  const Limits& limits = request.limits;
  pieces.add(limits.computrons).add(std::string_view(std::to_string(limits.step_wall_s)));
  pieces.add(std::string_view(std::to_string(limits.wall_s))).add(limits.cpu_s).add(limits.memory_bytes);
  pieces.add(static_cast<uint64_t>(request.snapshot_trust));
  pieces.add(static_cast<uint64_t>(request.perturbation.parser_buffer_kb.value_or(0)));
  add_schedule(pieces, request.perturbation.write_heap_after);
  add_schedule(pieces, request.perturbation.reload_after);
  add_setup(pieces, request.user_setup);
  return pieces.hex();
}

}  // namespace recrank
