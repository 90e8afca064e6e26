// Format: docs/formats/xsnap-wire.md
#include "replay/agoric/xsnap_dialect.h"

#include <array>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/setup_names.h"

namespace recrank::agoric {
namespace {

// The 2021 kernel gave every worker this limit (agoric-sdk, packages/SwingSet, makeStartXSnap).
constexpr uint64_t kComputronsDefault2021 = 10'000'000;
// What kernels give a metered vat today; the largest command of a start takes 24 million.
constexpr uint64_t kMeteredVat2024 = 100'000'000;

// The workers of 2021 take paths only; /proc makes a path of a descriptor.
constexpr std::array<XsnapDialect, 2> kDialects{{
    {kXsnap2021, false, "", "w/proc/self/fd/7", "/proc/self/fd/8", kComputronsDefault2021,
     kComputronsDefault2021},
    {kXsnap2024, true, "/", "w@7", "@8", kComputronsDefault, kMeteredVat2024},
}};

[[noreturn]] void missing(std::string_view what, std::string_view option) {
  throw Error(ErrorCode::kUnsupported, "the recording does not hold " + std::string(what) +
                                           " of this vat; give it with " + std::string(option));
}

const std::string& vat_bundle(const Setup& setup) {
  if (const std::string* bundle = setup.find(kVatBundle)) return *bundle;
  const std::string* known = setup.missing.find(kVatBundle);
  missing("the bundle " + (known == nullptr ? std::string("with the code") : *known),
          "--vat-bundle FILE");
}

// A text of the setup, or what the kernel takes when the vat's options say nothing.
std::string_view text_or(const Setup& setup, std::string_view name, std::string_view fallback) {
  const std::string* text = setup.find(name);
  return text == nullptr ? fallback : std::string_view(*text);
}

// "v6" of "v6:ledger".
std::string_view vat_id(std::string_view worker_name) {
  return worker_name.substr(0, worker_name.find(':'));
}

}  // namespace

const XsnapDialect& xsnap_dialect(std::string_view name) {
  return kDialects[name == kXsnap2021 ? 0 : 1];
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
  if (const std::string* recorded = request.setup.find(kMeterLimit)) {
    limit = parse_uint(*recorded).value_or(limit);
  }
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
  std::string name = request.setup.label;
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
  if (const std::string* size_kb = request.options.find(kParserBuffer)) {
    arguments.emplace_back("-s");
    arguments.push_back(*size_kb);
  }
  return arguments;
}

std::string set_bundle_command(const XsnapDialect& dialect, const Setup& setup) {
  std::string command = "?[\"setBundle\",";
  command += json_quote(vat_id(setup.label));
  command += ',';
  command += vat_bundle(setup);
  const std::string_view disavow = text_or(setup, kEnableDisavow, "false");
  if (dialect.name == kXsnap2021) {
    // A wrong value makes the vat do something else from its first delivery on: never guessed.
    const std::string* parameters = setup.find(kVatParameters);
    if (parameters == nullptr) missing("the vatParameters", "--vat-parameters JSON");
    command += ',';
    command += *parameters;
    command += ',';
    command += text_or(setup, kCacheSize, "null");
    command += ',';
    command += disavow;
    command += ']';
    return command;
  }
  command += ",{\"enableDisavow\":";
  command += disavow;
  command += ",\"relaxDurabilityRules\":";
  command += text_or(setup, kRelaxDurability, "false");
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

}  // namespace recrank::agoric
