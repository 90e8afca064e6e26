#include "replay/agoric/vat_dialect.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "replay/agoric/capdata.h"
#include "replay/agoric/delivery_matter.h"
#include "replay/agoric/delivery_words.h"
#include "replay/agoric/kernel_model.h"
#include "replay/agoric/known_answers.h"
#include "replay/agoric/promise_origin.h"
#include "replay/agoric/recorded_failure.h"
#include "replay/agoric/xsnap_meter.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"

namespace recrank::agoric {
namespace {

// The worker's default is 8192 kB. Less than 4096 may not hold a token of a large bundle.
constexpr std::array<uint64_t, 4> kParserBuffersKb{16384, 4096, 32768, 65536};
constexpr HarmlessOption kParserBufferSizes{.name = kParserBuffer,
                                            .first = kParserBuffersKb,
                                            .least = 4096,
                                            .step = 64,
                                            .choices = 960,  // up to 65536 kB
                                            .words = "parser buffer",
                                            .unit = "kB"};

class VatDialect : public Dialect {
 public:
  constexpr explicit VatDialect(std::string_view name) : name_(name) {}

  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] bool records_ends() const override { return true; }
  // Source: liveslots' syscall interface.
  [[nodiscard]] bool answered_with_null(std::string_view call) const override {
    constexpr std::array<std::string_view, 2> kStoreWrites{"vatstoreSet", "vatstoreDelete"};
    const std::string verb = verb_of_syscall(call);
    return std::find(kStoreWrites.begin(), kStoreWrites.end(), verb) != kStoreWrites.end() ||
           kernel_answers_null(verb);
  }
  [[nodiscard]] RecordedFailure read_failure(std::string_view text) const override {
    return parse_recorded_failure(text);
  }
  [[nodiscard]] std::string describe(const Step& step) const override {
    return step.summary.empty() ? delivery_words(step.delivery) : std::string(step.summary);
  }
  [[nodiscard]] StepMatter matter_of(const Step& step) const override {
    return matter_of_delivery(step);
  }
  [[nodiscard]] std::optional<std::string> inner_json(std::string_view text) const override {
    return json_of_string(text);
  }
  [[nodiscard]] std::vector<std::string> what_led_to(const Recording& recording,
                                                     const std::string& subject_id, uint64_t step,
                                                     std::string_view call) const override {
    return promise_origins(recording, subject_id, step, call);
  }
  [[nodiscard]] MeterFigures meter_figures(std::string_view meter) const override {
    return parse_meter(meter);
  }
  // One file cannot stand for the code of every incarnation: only for one that is not recorded.
  void lay_over(Setup& recorded, const Setup& user) const override {
    const std::string* bundle = recorded.find(kVatBundle);
    const std::optional<std::string> own =
        bundle == nullptr ? std::nullopt : std::optional(*bundle);
    Dialect::lay_over(recorded, user);
    recorded.set(kVatBundle, own);
  }
  [[nodiscard]] std::vector<std::string> assume_defaults(Setup& setup) const override {
    std::vector<std::string> assumed;
    const auto assume = [&](std::string_view name, const char* text, const char* told) {
      if (setup.has(name)) return;
      setup.set(name, text);
      assumed.emplace_back(told);
    };
    if (name_ == kXsnap2021) {
      assume(kVatParameters, "{}", "vatParameters {}");
      assume(kCacheSize, "null", "virtualObjectCacheSize null");
    } else {
      assume(kRelaxDurability, "false", "relaxDurabilityRules false");
    }
    assume(kEnableDisavow, "false", "enableDisavow false");
    return assumed;
  }
  // XS gives up at 2 GiB of heap.
  [[nodiscard]] bool bounds_its_memory() const override { return true; }
  [[nodiscard]] std::span<const std::string_view> bundle_names() const override {
    static constexpr std::array<std::string_view, 3> kBundles{kLockdown, kSupervisor, kVatBundle};
    return kBundles;
  }
  [[nodiscard]] std::string lacking_options(const Setup& setup) const override {
    std::string options;
    if (name_ != kXsnap2021) return options;
    for (const std::string_view name : {kVatParameters, kCacheSize, kEnableDisavow}) {
      if (!setup.has(name)) options += (options.empty() ? "--" : ", --") + std::string(name);
    }
    return options;
  }
  [[nodiscard]] bool begins_subject(const Step& step) const override {
    return step.kind == StepKind::kDelivery && step.delivery.starts_with("[\"startVat\"");
  }
  // Liveslots collects in bringOutYourDead, the worker when its heap is written.
  [[nodiscard]] bool at_rest(const Step& step) const override {
    return step.kind == StepKind::kSaveSnapshot ||
           (step.kind == StepKind::kDelivery && step.delivery.starts_with("[\"bringOutYourDead\""));
  }
  [[nodiscard]] Variations variations() const override {
    return {.writes_state = true, .collects = true, .reloads = true, .option = kParserBufferSizes};
  }
  [[nodiscard]] CheckpointKind written_checkpoint() const override {
    return CheckpointKind::kHeapSnapshot;
  }
  [[nodiscard]] std::unique_ptr<KnownAnswers> gather_answers(
      const Recording& recording, const std::string& subject_id, const Checkpoint& checkpoint,
      uint64_t last, const Interrupt& interrupt) const override {
    return gather_vat_answers(recording, subject_id, checkpoint, last, interrupt);
  }

 private:
  std::string_view name_;
};

constinit const VatDialect kOf2021(kXsnap2021);
constinit const VatDialect kOf2024(kXsnap2024);

}  // namespace

constinit const std::array<const Dialect*, 2> kVatDialects{&kOf2021, &kOf2024};

}  // namespace recrank::agoric
