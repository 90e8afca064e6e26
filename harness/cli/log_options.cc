#include "harness/cli/log_options.h"

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "base/scratch_dir.h"
#include "base/text.h"

namespace recrank {
namespace {

std::string environment_value(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

void apply_log_options(const Arguments& arguments) {
  if (const auto asked = arguments.text("log")) {
    set_log_levels(parse_log_levels(*asked, kLogModules));
  } else if (const std::string usual = environment_value("RECRANK_LOG"); !usual.empty()) {
    with_context([] { return "$RECRANK_LOG"; },
                 [&] { set_log_levels(parse_log_levels(usual, kLogModules)); });
  }
  const std::string keep = environment_value("RECRANK_KEEP_SCRATCH");
  if (arguments.flag("keep-scratch") || (!keep.empty() && keep != "0")) keep_scratch_dirs();
}

void tell_kept_scratch(Console& console) {
  for (const auto& path : kept_scratch_dirs()) {
    console.err << "kept: " << printable(path.native()) << "\n";
  }
}

}  // namespace recrank
