#include "tests/support/replay/fake_vat.h"

#include <utility>

#include "replay/agoric/xsnap_probe.h"
#include "replay/verdict.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"

namespace recrank {
namespace {

struct Describe {
  std::string operator()(const StepDone& done) const {
    std::string text = done.ok ? "done ok " : "done failed ";
    if (done.computrons) text += std::to_string(*done.computrons) + " ";
    return text + std::string(done.result);
  }
  std::string operator()(const StepStopped&) const { return "stopped"; }
  std::string operator()(const StepCrashed& crashed) const {
    return "crashed " + crashed.end.meaning + (crashed.end.sent ? ", sent" : "");
  }
  std::string operator()(const StepLimit& limit) const {
    return "limit " + std::string(to_string(limit.kind)) + " " + limit.value;
  }
  std::string operator()(const StepGarbled& garbled) const { return "garbled " + garbled.what; }
  std::string operator()(const StepInterrupted&) const { return "interrupted"; }
};

}  // namespace

std::optional<std::string_view> KeepingHandler::on_call(std::string_view call) {
  calls.emplace_back(call);
  if (calls.size() > stop_at) return std::nullopt;
  return answer;
}

std::string text_of(const StepOutcome& outcome) { return std::visit(Describe(), outcome); }

StartRequest usual_request(std::string_view era) {
  StartRequest request;
  request.dialect = era;
  request.setup.label = "v1:alice";
  request.setup.set(agoric::kVatBundle, R"({"source":"s"})");
  request.setup.set(agoric::kVatParameters, R"({"name":"Alice"})");
  return request;
}

FakeVat::FakeVat(std::string_view script, const Limits& limits)
    : home_(script),
      era_(script.find("xsnap-2021") == std::string_view::npos ? agoric::kXsnap2024
                                                               : agoric::kXsnap2021),
      limits_(limits),
      engine_(make_xsnap_engine(agoric::probe_engine(home_.path(), {}, interrupt_))) {}

std::string FakeVat::start(StartRequest request) {
  request.limits = limits_;
  StartResult result = engine_->start(std::move(request), interrupt_);
  run_ = std::move(result.run);
  return run_ != nullptr ? "started" : result.stage + ": " + text_of(result.failure);
}

std::string FakeVat::start() { return start(usual_request(era_)); }

std::string FakeVat::deliver(std::string_view delivery) {
  if (run_ == nullptr) {
    if (std::string started = start(); started != "started") return started;
  }
  Step step;
  step.text = delivery;
  step.delivery = step.text;
  return text_of(run_->apply(step, handler_));
}

std::string FakeVat::snapshot() {
  std::string sha256;
  const StepOutcome outcome = run_->write_snapshot(sha256);
  return std::holds_alternative<StepDone>(outcome) ? sha256 : text_of(outcome);
}

}  // namespace recrank
