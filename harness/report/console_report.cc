#include "harness/report/console_report.h"

#include "base/json.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr size_t kLinesInText = 12;
constexpr size_t kLineBytesInText = 200;
constexpr size_t kLineBytesInJson = 5000;

}  // namespace

ReportPart console_part(const ConsoleTail& tail) {
  Json json{{"lines", Json::array()}};
  for (const PrintedLine& line : tail.lines) {
    json["lines"].push_back(
        {{"step", line.step}, {"text", printable(line.text, kLineBytesInJson)}});
  }
  if (tail.left_out > 0) json["left_out"] = tail.left_out;
  const size_t shown = std::min(tail.lines.size(), kLinesInText);
  std::string text = "  it printed, in the last steps\n";
  if (const uint64_t before = tail.lines.size() - shown + tail.left_out; before > 0) {
    text += "    … " + counted(before, "line") + " before (--console FILE keeps all)\n";
  }
  for (size_t i = tail.lines.size() - shown; i < tail.lines.size(); ++i) {
    text += "    " + std::to_string(tail.lines[i].step) + "  " +
            printable(tail.lines[i].text, kLineBytesInText) + "\n";
  }
  return {"console", json_text(json), std::move(text)};
}

}  // namespace recrank
