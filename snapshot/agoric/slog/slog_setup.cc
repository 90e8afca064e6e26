// Format: docs/formats/slog.md ("Setting up a worker")
#include "snapshot/agoric/slog/slog_setup.h"

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"

namespace recrank::agoric {
namespace {

// What the kernel of 2021 passes to every worker as -l, and that of 2024 to metered ones:
// packages/xsnap/src/xsnap.js at agorictest-12 (DEFAULT_CRANK_METERING_LIMIT), and
// @agoric/swingset-vat 0.33.0, src/kernel/vat-loader/manager-subprocess-xsnap.js.
constexpr uint64_t kMeterLimit2021 = 10'000'000;
constexpr uint64_t kMeterLimit2024 = 100'000'000;

// Reads the record at `place` and calls `take(key, cursor)` for each member, which reads its value.
template <typename Take>
void for_each_member(const SlogFile& file, LinePlace place, Take take) {
  LineReader reader({.fd = file.fd, .name = file.name, .end = file.size});
  reader.seek(place);
  Line line;
  with_context([&] { return to_string(file.name, place); },
               [&] {
                 if (!reader.next(line)) throw Error(ErrorCode::kInvalidData, "the record is gone");
                 JsonCursor cursor(line.text);
                 cursor.enter_object();
                 while (const auto key = cursor.next_key()) take(*key, cursor);
               });
}

void read_create_vat(const SlogFile& file, LinePlace place, Setup& setup, bool parameters) {
  for_each_member(file, place, [&](std::string_view key, JsonCursor& cursor) {
    const bool object = cursor.peek_kind() == '{';
    const std::string_view raw = cursor.raw_value();
    if (key == "vatSourceBundle" && object) setup.set(kVatBundle, std::string(raw));
    if (key == "vatParameters" && parameters) setup.set(kVatParameters, std::string(raw));
  });
}

// The options object inside ["callNow","d-70","createByName",{"body":"[\"dude\",{…}]","slots":[]}]:
// the body is JSON within a JSON string.
void read_options_call(const SlogFile& file, LinePlace place, Setup& setup) {
  std::string body;
  for_each_member(file, place, [&](std::string_view key, JsonCursor& cursor) {
    const std::string_view raw = cursor.raw_value();
    if (key != "vsc") return;
    JsonCursor call(raw);
    call.enter_array();
    for (int i = 0; call.next_element() && i < 3; ++i) call.skip_value();
    call.enter_object();
    while (const auto member = call.next_key()) {
      if (*member == "body") body = call.string_value();
      else call.skip_value();
    }
  });
  setup.set(kVatParameters, "{}");
  setup.set(kCacheSize, "null");
  setup.set(kEnableDisavow, std::string(json_flag(false)));
  with_context([&] { return to_string(file.name, place) + ": the vat's options"; },
               [&] {
                 JsonCursor arguments(body);
                 arguments.enter_array();
                 if (!arguments.next_element()) return;
                 arguments.skip_value();
                 if (!arguments.next_element() || arguments.peek_kind() != '{') return;
                 arguments.enter_object();
                 while (const auto key = arguments.next_key()) {
                   const std::string_view raw = arguments.raw_value();
                   if (*key == "vatParameters") setup.set(kVatParameters, std::string(raw));
                   else if (*key == "virtualObjectCacheSize")
                     setup.set(kCacheSize, std::string(raw));
                   else if (*key == "enableDisavow")
                     setup.set(kEnableDisavow, std::string(json_flag(raw == "true")));
                 }
               });
}

}  // namespace

Setup read_slog_setup(const SlogFile& file, const SlogIndex& index, const SlogVat& vat,
                      uint64_t step) {
  Setup setup;
  const bool of_2021 = index.dialect == kXsnap2021;
  setup.label = vat.id + ":" + (vat.name.empty() && of_2021 ? "undefined" : vat.name);
  if (of_2021) setup.set(kMeterLimit, std::to_string(kMeterLimit2021));
  else if (vat.metered) setup.set(kMeterLimit, std::to_string(kMeterLimit2024));
  if (of_2021 && vat.options_call) read_options_call(file, *vat.options_call, setup);

  const SlogIncarnation none;
  const SlogIncarnation& incarnation =
      vat.incarnations.empty() ? none : vat.incarnations[vat.incarnation_of(step)];
  if (incarnation.create) {
    read_create_vat(file, *incarnation.create, setup, of_2021);
  } else if (const auto same = index.bundles.find(incarnation.bundle_id);
             same != index.bundles.end()) {
    read_create_vat(file, same->second, setup, false);
  }
  if (!setup.has(kVatBundle)) {
    setup.missing.set(kVatBundle, incarnation.bundle_id.empty()
                                      ? "the bundle of " + vat.id + " (no create-vat record has it)"
                                      : printable(incarnation.bundle_id, 200));
  }
  return setup;
}

}  // namespace recrank::agoric
