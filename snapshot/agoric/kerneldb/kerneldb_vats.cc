// Format: docs/formats/kerneldb-lmdb-2021.md
#include "snapshot/agoric/kerneldb/kerneldb_vats.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/agoric/setup_names.h"

namespace recrank::agoric {
namespace {

// The chain had a few hundred vats in its first five years.
constexpr uint64_t kVatsMax = 100'000;
constexpr std::string_view kWorkerManager = "xs-worker";
// What the kernel of 2021 passes to every worker as -l: packages/xsnap/src/xsnap.js at
// agorictest-12, DEFAULT_CRANK_METERING_LIMIT.
constexpr uint64_t kMeterLimitComputrons = 10'000'000;
constexpr const char* kTerminated =
    "terminated: its records are gone from the database; a slog is the only source";

bool is_vat_id(std::string_view id) {
  return id.size() > 1 && id.front() == 'v' && parse_uint(id.substr(1)).has_value();
}

// Ids and names of the live vats, by number.
using Alive = std::map<std::string, std::string, decltype(&vat_id_less)>;

void add_alive(const KerneldbStore& store, Alive& alive, const std::string& id,
               const std::string& name, const char* key) {
  if (!is_vat_id(id)) {
    throw Error(ErrorCode::kInvalidData,
                store.place(key) + ": '" + printable(id, 80) + "' is not a vat id");
  }
  alive.emplace(id, name);
  if (alive.size() > kVatsMax) {
    throw Error(ErrorCode::kInvalidData, store.place(key) + ": too many vats");
  }
}

Alive read_alive(const KerneldbStore& store) {
  Alive alive(&vat_id_less);
  for (const std::string& name : store.strings("vat.names")) {
    add_alive(store, alive, store.get("vat.name." + name), name, "vat.names");
  }
  for (const std::string& id : store.strings("vat.dynamicIDs")) {
    add_alive(store, alive, id, "", "vat.dynamicIDs");
  }
  return alive;
}

std::string read_manager(const KerneldbStore& store, const std::string& id) {
  const std::string key = id + ".options";
  std::string manager;
  if (const auto options = store.find(key)) {
    manager = with_context([&] { return store.place(key); },
                           [&] { return parse_vat_options_2021(*options).manager; });
  }
  return manager.empty() ? store.find("kernel.defaultManagerType").value_or("") : manager;
}

uint64_t read_length(const KerneldbStore& store, const std::string& id) {
  const std::string key = id + ".t.nextID";
  const auto length = store.find_number(key);
  if (!length) throw Error(ErrorCode::kInvalidData, store.place(key) + ": missing");
  if (*length > store.entries()) {
    throw Error(ErrorCode::kInvalidData, store.place(key) + ": counts " + std::to_string(*length) +
                                             " entries; the whole database has " +
                                             std::to_string(store.entries()));
  }
  return *length;
}

Subject read_vat(const KerneldbStore& store, const std::string& id, const std::string& name) {
  Subject vat;
  vat.id = id;
  vat.name = name;
  try {
    vat.manager = read_manager(store, id);
    const uint64_t length = read_length(store, id);
    if (length > 0) vat.held.push_back({0, length});
    const std::string behind = id + ".t." + std::to_string(length);
    if (std::string text; store.find_into(behind, text)) {
      vat.missing.push_back(
          {{length, kNoEnd},
           "is there, and " + id + ".t.nextID counts only " + std::to_string(length) + " entries",
           store.place(behind)});
    }
    if (vat.manager == "local") {
      vat.not_replayable = "a local worker: nothing was sent to a process";
    } else if (vat.manager != kWorkerManager) {
      vat.not_replayable =
          "its manager '" + printable(vat.manager, 40) + "' is not an xsnap worker";
    } else if (vat.held.empty()) {
      vat.not_replayable = "its transcript is empty";
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidData) throw;
    vat.held.clear();
    vat.missing = {{{0, kNoEnd}, error.what(), store.shown()}};
    vat.not_replayable = std::string("damaged: ") + error.what();
  }
  return vat;
}

uint64_t vat_number(const std::string& id) { return *parse_uint(std::string_view(id).substr(1)); }

Subject terminated_vat(uint64_t number) {
  Subject vat;
  vat.id = "v" + std::to_string(number);
  vat.state = SubjectState::kTerminated;
  vat.not_replayable = kTerminated;
  return vat;
}

// The bundle of a vat: inline, or by name from bundle.NAME.
void read_vat_bundle(const KerneldbStore& store, const std::string& id, Setup& setup) {
  const std::string key = id + ".source";
  const std::string source = store.get(key);
  std::string name;
  with_context([&] { return store.place(key); },
               [&] {
                 JsonCursor cursor(source);
                 cursor.enter_object();
                 while (const auto member = cursor.next_key()) {
                   if (*member == "bundle") {
                     setup.set(kVatBundle, std::string(cursor.raw_value()));
                   } else if (*member == "bundleName") {
                     name = cursor.string_value();
                   } else {
                     cursor.skip_value();
                   }
                 }
                 cursor.expect_end();
               });
  if (setup.has(kVatBundle)) return;
  if (name.empty()) {
    throw Error(ErrorCode::kInvalidData, store.place(key) + ": neither a bundle nor a bundleName");
  }
  setup.set(kVatBundle, store.find("bundle." + name));
  if (!setup.has(kVatBundle)) setup.missing.set(kVatBundle, name);
}

// Goes to an engine as it stands, so it must at least be JSON.
std::optional<std::string> find_json(const KerneldbStore& store, const std::string& key) {
  auto text = store.find(key);
  if (text) {
    with_context([&] { return store.place(key); },
                 [&] {
                   JsonCursor cursor(*text);
                   cursor.skip_value();
                   cursor.expect_end();
                 });
  }
  return text;
}

}  // namespace

std::vector<Subject> read_kerneldb_vats(const KerneldbStore& store) {
  const Alive alive = read_alive(store);
  const uint64_t next = store.find_number("vat.nextID").value_or(1);
  if (next > kVatsMax) {
    throw Error(ErrorCode::kInvalidData, store.place("vat.nextID") + ": " + std::to_string(next) +
                                             " vats are not plausible");
  }
  std::vector<Subject> vats;
  uint64_t number = 1;  // the first id that a kernel gives out
  for (const auto& [id, name] : alive) {
    for (; number < std::min(vat_number(id), next); ++number) {
      vats.push_back(terminated_vat(number));
    }
    vats.push_back(read_vat(store, id, name));
    number = std::max(number, vat_number(id) + 1);
  }
  for (; number < next; ++number) vats.push_back(terminated_vat(number));
  return vats;
}

Setup read_kerneldb_vat_setup(const KerneldbStore& store, const Subject& vat) {
  Setup setup;
  setup.label = vat.id + ":" + (vat.name.empty() ? "undefined" : vat.name);
  setup.set(kLockdown, find_json(store, "lockdownBundle"));
  setup.set(kSupervisor, find_json(store, "supervisorBundle"));
  read_vat_bundle(store, vat.id, setup);
  VatOptions2021 options;
  const std::string key = vat.id + ".options";
  if (const auto text = store.find(key)) {
    options = with_context([&] { return store.place(key); },
                           [&] { return parse_vat_options_2021(*text); });
  }
  setup.set(kVatParameters, options.parameters);
  setup.set(kCacheSize, options.cache_size);
  setup.set(kEnableDisavow, std::string(json_flag(options.enable_disavow)));
  setup.set(kMeterLimit, std::to_string(kMeterLimitComputrons));
  return setup;
}

}  // namespace recrank::agoric
