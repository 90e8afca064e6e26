#include "harness/cli/log_options.h"

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "replay/process/containment.h"

namespace recrank {
namespace {

std::string environment_value(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

void apply_common_options(const Arguments& arguments) {
  if (const auto asked = arguments.text("log")) {
    set_log_levels(parse_log_levels(*asked, kLogModules));
  } else if (const std::string usual = environment_value("RECRANK_LOG"); !usual.empty()) {
    with_context([] { return "$RECRANK_LOG"; },
                 [&] { set_log_levels(parse_log_levels(usual, kLogModules)); });
  }
  const std::string keep = environment_value("RECRANK_KEEP_SCRATCH");
  if (arguments.flag("keep-scratch") || (!keep.empty() && keep != "0")) keep_scratch_dirs();
  const std::string usual = environment_value("RECRANK_SANDBOX");
  const ContainmentPolicy policy =
      parse_containment_policy(arguments.text("sandbox").value_or(usual.empty() ? "auto" : usual));
  set_containment_policy(policy);
  if (policy.require) require_containment(try_containment());
}

void tell_kept_scratch(Console& console) {
  for (const auto& path : kept_scratch_dirs()) {
    console.err << "kept: " << printable(path.native()) << "\n";
  }
}

}  // namespace recrank
