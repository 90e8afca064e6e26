#include "base/error.h"
#include "base/text.h"
#include "harness/source/source_view.h"

namespace recrank {

std::optional<SourceRequest> source_request_from(const OptionValues& options, bool by_itself) {
  SourceRequest asked;
  asked.root = options.text("source-root").value_or("");
  if (!asked.root.empty() && !std::filesystem::is_directory(asked.root)) {
    throw Error(ErrorCode::kUsage,
                "--source-root " + printable(asked.root.string()) + " is no directory");
  }
  const std::optional<std::string> given = options.choice("js", {"on", "off", "trace"});
  asked.by_itself = !given;
  asked.trace = given == "trace";
  const bool wanted = given ? *given != "off" : by_itself;
  return wanted ? std::optional(asked) : std::nullopt;
}

}  // namespace recrank
