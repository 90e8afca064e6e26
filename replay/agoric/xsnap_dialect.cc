// Format: docs/formats/xsnap-wire.md
#include "replay/agoric/xsnap_dialect.h"

#include <array>

#include "base/error.h"
#include "base/json_cursor.h"
#include "snapshot/agoric/dialect_names.h"

namespace recrank {
namespace {

// The 2021 kernel gave every worker this limit (agoric-sdk, packages/SwingSet, makeStartXSnap).
constexpr uint64_t kComputronsDefault2021 = 10'000'000;
// What kernels give a metered vat today; the largest command of a start takes 24 million.
constexpr uint64_t kMeteredVat2024 = 100'000'000;

// The workers of 2021 take paths only; /proc makes a path of a descriptor.
constexpr std::array<XsnapDialect, 2> kDialects{{
    {"xsnap-2021", kXsnap2021, false, "", "w/proc/self/fd/7", "/proc/self/fd/8",
     kComputronsDefault2021, kComputronsDefault2021},
    {"xsnap-2024", kXsnap2024, true, "/", "w@7", "@8", kComputronsDefault, kMeteredVat2024},
}};

[[noreturn]] void missing(std::string_view what, std::string_view option) {
  throw Error(ErrorCode::kUnsupported, "the recording does not hold " + std::string(what) +
                                           " of this vat; give it with " + std::string(option));
}

const std::string& vat_bundle(const Setup& setup) {
  if (!setup.vat_bundle) {
    missing("the bundle " + (setup.missing_vat_bundle.empty() ? std::string("with the code")
                                                              : setup.missing_vat_bundle),
            "--vat-bundle FILE");
  }
  return *setup.vat_bundle;
}

// "v6" of "v6:ledger".
std::string_view vat_id(std::string_view worker_name) {
  return worker_name.substr(0, worker_name.find(':'));
}

std::string_view json_bool(bool value) { return value ? "true" : "false"; }

}  // namespace

const XsnapDialect& dialect_of(std::string_view era) {
  return kDialects[era == kXsnap2021 ? 0 : 1];
}

const XsnapDialect* find_dialect(std::string_view name) {
  for (const XsnapDialect& dialect : kDialects) {
    if (dialect.name == name) return &dialect;
  }
  return nullptr;
}

std::string dialect_names() {
  std::string names;
  for (const XsnapDialect& dialect : kDialects) {
    names += (names.empty() ? "" : ", ") + std::string(dialect.name);
  }
  return names;
}

std::optional<uint64_t> meter_limit(const XsnapDialect& dialect, const StartRequest& request) {
  uint64_t limit = dialect.computrons_default;
  if (request.setup.meter_limit) limit = *request.setup.meter_limit;
  if (request.limits.computrons) limit = *request.limits.computrons;
  if (limit > kMeterLimitMax) {
    throw Error(ErrorCode::kUsage, "a meter limit of " + std::to_string(limit) +
                                       " is more than the engine can take (" +
                                       std::to_string(kMeterLimitMax) + "); 0 means none");
  }
  if (limit == 0) return std::nullopt;
  return limit;
}

std::vector<std::string> worker_arguments(const XsnapDialect& dialect, const StartRequest& request,
                                          std::optional<uint64_t> meter) {
  // The name is for ps only. A dash in front would make it an option.
  std::string name = request.setup.worker_name;
  if (name.empty() || name.front() == '-') name.insert(0, "vat");
  std::vector<std::string> arguments{name};
  if (request.heap.valid()) {
    arguments.emplace_back("-r");
    arguments.emplace_back(dialect.heap_argument);
    if (dialect.answers_ready && !request.heap_label.empty()) {
      arguments.back() += ":" + request.heap_label;
    }
  }
  if (meter) {
    arguments.emplace_back("-l");
    arguments.push_back(std::to_string(*meter));
  }
  if (request.parser_buffer_kb) {
    arguments.emplace_back("-s");
    arguments.push_back(std::to_string(*request.parser_buffer_kb));
  }
  return arguments;
}

std::string set_bundle_command(const XsnapDialect& dialect, const Setup& setup) {
  std::string command = "?[\"setBundle\",";
  command += json_quote(vat_id(setup.worker_name));
  command += ',';
  command += vat_bundle(setup);
  // What the kernel takes when the vat's options say nothing: no disavow, no relaxed rules.
  const std::string_view disavow = json_bool(setup.enable_disavow.value_or(false));
  if (dialect.dialect == kXsnap2021) {
    // A wrong value makes the vat do something else from its first delivery on: never guessed.
    if (!setup.vat_parameters) missing("the vatParameters", "--vat-parameters JSON");
    command += ',';
    command += *setup.vat_parameters;
    command += ',';
    command += setup.cache_size.value_or("null");
    command += ',';
    command += disavow;
    command += ']';
    return command;
  }
  command += ",{\"enableDisavow\":";
  command += disavow;
  command += ",\"relaxDurabilityRules\":";
  command += json_bool(setup.relax_durability_rules.value_or(false));
  command += "}]";
  return command;
}

std::string bundle_source(std::string_view bundle, std::string_view what) {
  const size_t first = bundle.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    throw Error(ErrorCode::kInvalidData, std::string(what) + ": is empty");
  }
  if (bundle[first] != '{') return std::string(bundle);
  return with_context([&] { return what; },
                      [&]() -> std::string {
                        JsonCursor cursor(bundle);
                        cursor.enter_object();
                        while (const std::optional<std::string_view> key = cursor.next_key()) {
                          if (*key == "source") return cursor.string_value();
                          cursor.skip_value();
                        }
                        throw Error(ErrorCode::kInvalidData, "a bundle without \"source\"");
                      });
}

}  // namespace recrank
