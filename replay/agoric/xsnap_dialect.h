// What the generations of xsnap workers say differently. Data and pure functions; no process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/engine.h"
#include "snapshot/recording.h"

namespace recrank::agoric {

struct XsnapDialect {
  std::string_view name;              // in reports and after --dialect
  bool answers_ready = true;          // knows the command 'R'
  std::string_view answer_prefix;     // in front of what it reads as answer to its calls
  std::string_view snapshot_command;  // writes the heap to descriptor 7
  std::string_view heap_argument;     // reads the heap from descriptor 8
  uint64_t computrons_default = 0;    // Limits::computrons of a vat whose recording has no limit
  uint64_t start_computrons = 0;      // a limit that no start up to setBundle comes near
};

[[nodiscard]] const XsnapDialect& xsnap_dialect(std::string_view name);
// nullptr for a name that no dialect has.
[[nodiscard]] const XsnapDialect* find_dialect(std::string_view name);
[[nodiscard]] std::string dialect_names();  // "xsnap-2021, xsnap-2024"

// The meter limit that a worker of this request runs under; nullopt: none. kUsage when it is more
// than the worker's parser of numbers can take.
[[nodiscard]] std::optional<uint64_t> meter_limit(const XsnapDialect& dialect,
                                                  const StartRequest& request);

[[nodiscard]] std::vector<std::string> worker_arguments(const XsnapDialect& dialect,
                                                        const StartRequest& request,
                                                        std::optional<uint64_t> meter);

// The payload of the command that gives a fresh worker its vat. kUnsupported when `setup` lacks
// what it takes.
[[nodiscard]] std::string set_bundle_command(const XsnapDialect& dialect, const Setup& setup);

// What a worker evaluates at its start: the source text of a bundle, given as the JSON object that
// bundle-source writes or as the bare program. kInvalidData names `what`.
[[nodiscard]] std::string bundle_source(std::string_view bundle, std::string_view what);

}  // namespace recrank::agoric
