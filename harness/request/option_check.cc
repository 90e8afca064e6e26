#include "harness/request/option_check.h"

#include <string>

#include "base/error.h"
#include "base/text.h"
#include "harness/request/option_table.h"

namespace recrank {
namespace {

bool knows(const ReplayOption& option, std::string_view system) {
  if (option.systems.empty()) return true;
  const std::string all = " " + std::string(option.systems) + " ";
  return all.find(" " + std::string(system) + " ") != std::string::npos;
}

// "agoric, program and redis".
std::string listed(std::string_view systems) {
  std::string text(systems);
  const size_t last = text.rfind(' ');
  if (last == std::string::npos) return text;
  std::string before = text.substr(0, last);
  for (size_t at = 0; (at = before.find(' ', at)) != std::string::npos; at += 2) {
    before.insert(at, ",");
  }
  return before + " and " + text.substr(last + 1);
}

}  // namespace

std::string_view system_of(const RecordingInfo& info) {
  switch (info.era) {
    case Era::k2021:
    case Era::k2024: return "agoric";
    case Era::kProcess:
    case Era::kHttp: return "program";
    case Era::kMontana: return "montana";
    case Era::kHenyey: return "stellar";
    case Era::kRedis: return "redis";
  }
  return "";
}

void refuse_foreign_options(const OptionValues& options, const RecordingInfo& info) {
  const std::string_view system = system_of(info);
  for (const ReplayOption& option : replay_options()) {
    if (!options.has(option.name) || knows(option, system)) continue;
    throw Error(ErrorCode::kUsage, "--" + std::string(option.name) + " is an option of " +
                                       listed(option.systems) + ", and " + printable(info.path) +
                                       " is of " + std::string(system));
  }
}

}  // namespace recrank
