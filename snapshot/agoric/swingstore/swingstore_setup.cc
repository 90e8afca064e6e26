// Format: docs/formats/swingset-2024.md ("Keys of a vat", "Transcript items").
#include "snapshot/agoric/swingstore/swingstore_setup.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "snapshot/agoric/bundle_text.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/agoric/swingstore/swingstore_incarnations.h"
#include "snapshot/agoric/transcript_item.h"

namespace recrank::agoric {
namespace {

// What the kernel gives a metered vat per delivery: @agoric/xsnap 0.15.0, src/xsnap.js,
// DEFAULT_CRANK_METERING_LIMIT. It turns metering off for all other vats.
constexpr uint64_t kMeteredLimitComputrons = 100'000'000;

// How one incarnation began, from whichever place still says it.
struct Beginning {
  VatSource source;
  WorkerOptions worker;
  std::optional<VatOptions> options;  // nullopt: deleted with the vat
  std::string unknown;                // why source is empty
};

std::optional<InitializeWorker> read_first_item(SwingstoreReader& reader, const SpanRow& span) {
  Step step;
  const StepRange first{span.items.begin, span.items.begin + 1};
  if (!reader.items(span.vat_id, first)->next(step.number, step.text)) return std::nullopt;
  return with_context([&] { return "step " + std::to_string(first.begin); },
                      [&] {
                        parse_transcript_item(step);
                        return parse_initialize_worker(step.delivery);
                      });
}

template <typename Parse>
auto read_key(SwingstoreReader& reader, const std::string& key, Parse parse)
    -> std::optional<decltype(parse(std::string_view()))> {
  const auto text = reader.kv(key);
  if (!text) return std::nullopt;
  return with_context([&] { return "key " + key; }, [&] { return std::optional(parse(*text)); });
}

Beginning find_beginning(const SwingstoreIndex& index, SwingstoreReader& reader,
                         const std::string& vat_id, uint64_t step) {
  Beginning beginning;
  beginning.options = read_key(reader, vat_id + ".options", parse_vat_options);
  if (const SpanRow* first = beginning_of(index, vat_id, step)) {
    if (auto item = read_first_item(reader, *first)) {
      beginning.source = std::move(item->source);
      beginning.worker = std::move(item->worker);
      return beginning;
    }
  }
  if (!is_of_latest_incarnation(index, vat_id, step)) {
    beginning.unknown = "the bundle of incarnation " +
                        std::to_string(index.span_at(vat_id, step)->incarnation) +
                        " (its initialize-worker item was pruned)";
    return beginning;
  }
  if (auto source = read_key(reader, vat_id + ".source", parse_vat_source)) {
    beginning.source = std::move(*source);
  } else {
    beginning.unknown = "the vat's source (deleted when it was terminated)";
  }
  if (beginning.options) beginning.worker = beginning.options->worker;
  return beginning;
}

// The ID behind a name, for sources that name their bundle.
std::string resolve_id(SwingstoreReader& reader, const VatSource& source) {
  if (!source.bundle_id.empty() || source.bundle_name.empty()) return source.bundle_id;
  return reader.kv("namedBundleID." + source.bundle_name).value_or("");
}

std::optional<std::string> read_bundle(SwingstoreReader& reader, const std::string& id) {
  if (id.empty()) return std::nullopt;
  auto stored = reader.bundle(id);
  if (!stored) return std::nullopt;
  return bundle_json(id, std::move(*stored));
}

}  // namespace

Setup read_swingstore_setup(const SwingstoreIndex& index, SwingstoreReader& reader,
                            const Subject& subject, uint64_t step) {
  const Beginning beginning = find_beginning(index, reader, subject.id, step);
  Setup setup;
  setup.label = subject.id + ":" + subject.name;
  setup.set(kLockdown, read_bundle(reader, beginning.worker.lockdown_id));
  setup.set(kSupervisor, read_bundle(reader, beginning.worker.supervisor_id));
  if (!beginning.source.bundle.empty()) {
    setup.set(kVatBundle, beginning.source.bundle);
  } else {
    const std::string id = resolve_id(reader, beginning.source);
    setup.set(kVatBundle, read_bundle(reader, id));
    if (!setup.has(kVatBundle)) {
      setup.missing.set(kVatBundle,
                        !id.empty() ? printable(id, 200)
                        : !beginning.unknown.empty()
                            ? beginning.unknown
                            : "bundle name '" + printable(beginning.source.bundle_name) + "'");
    }
  }
  if (beginning.options) {
    setup.set(kEnableDisavow, std::string(json_flag(beginning.options->enable_disavow)));
    if (beginning.options->metered) setup.set(kMeterLimit, std::to_string(kMeteredLimitComputrons));
  }
  // The kernel asks only whether the key is there and not empty.
  setup.set(kRelaxDurability,
            std::string(json_flag(!reader.kv("kernel.relaxDurabilityRules").value_or("").empty())));
  return setup;
}

std::vector<std::string> setup_bundle_ids(const SwingstoreIndex& index, SwingstoreReader& reader,
                                          const std::string& vat_id, uint64_t step) {
  std::vector<std::string> ids;
  try {
    const Beginning beginning = find_beginning(index, reader, vat_id, step);
    ids = {resolve_id(reader, beginning.source), beginning.worker.lockdown_id,
           beginning.worker.supervisor_id};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidData) throw;
  }
  ids.erase(std::remove(ids.begin(), ids.end(), ""), ids.end());
  return ids;
}

}  // namespace recrank::agoric
