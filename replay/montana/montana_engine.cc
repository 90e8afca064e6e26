#include "replay/montana/montana_engine.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "replay/montana/montana_clock.h"
#include "replay/montana/montana_run.h"
#include "snapshot/montana/montana.h"

namespace recrank::montana {
namespace {

using montana::MontanaRun;
using montana::Node;

class MontanaEngine : public Engine {
 public:
  MontanaEngine() {
    identity_.name = kMontanaEngine;
    identity_.sha256 = sha256_hex_of_file("/proc/self/exe");
    identity_.version = kMontanaRules;
    identity_.dialect = kMontanaDialect;
  }

  [[nodiscard]] const EngineIdentity& identity() const override { return identity_; }

  [[nodiscard]] std::string cost_ahead(const Recording& recording, const std::string&,
                                       StepRange range,
                                       const EngineOptions& options) const override {
    for (const auto& [name, value] : recording.info().facts) {
      if (name != kClockHashesFact) continue;
      return montana::clock_cost(range, parse_uint(value).value_or(0),
                                 montana::clock_check(options));
    }
    return {};
  }

  [[nodiscard]] std::span<const std::string_view> option_names() const override {
    static constexpr std::array kOptions{montana::kVerifyClock};
    return kOptions;
  }
  [[nodiscard]] StartResult start(StartRequest request, const Interrupt& interrupt) const override {
    if (request.dialect != kMontanaDialect) {
      throw Error(ErrorCode::kUnsupported, "the recording is of " + request.dialect +
                                               ", but the engine montana replays the windows of "
                                               "Montana nodes; choose another engine");
    }
    if (!request.heap.valid()) {
      throw Error(ErrorCode::kUnsupported,
                  "the windows of a node can only be replayed on its tables, and there are none");
    }
    const std::string name = "packed tables " + request.heap_label;
    const uint64_t needed =
        montana::memory_bytes(montana::read_packed_head(request.heap.get(), name));
    if (needed > request.limits.memory_bytes) {
      StepLimit limit;
      limit.kind = LimitKind::kMemory;
      limit.value = format_bytes(request.limits.memory_bytes);
      limit.used = format_bytes(needed);
      return {nullptr, limit, "load the tables"};
    }
    std::optional<Node> node = Node::load(request.heap.get(), name, interrupt);
    if (!node) return {nullptr, StepInterrupted{}, "load the tables"};
    return {std::make_unique<MontanaRun>(std::move(*node), request, interrupt)};
  }

 private:
  EngineIdentity identity_;
};

}  // namespace

std::unique_ptr<Engine> make_montana_engine() { return std::make_unique<MontanaEngine>(); }

}  // namespace recrank::montana
