#include "harness/session/untrusted_heaps.h"

#include "base/json_codec.h"
#include "base/text.h"

namespace recrank {

void note_untrusted(SubjectReport& report, const std::vector<std::string>& damage) {
  if (damage.empty()) return;
  std::vector<std::string> lines;
  std::string text = "  NOT WHAT ITS HASHES PROMISE (--trust-checkpoint):\n";
  for (const std::string& line : damage) {
    lines.push_back(printable(line));
    text += "    " + lines.back() + "\n";
  }
  report.told.insert(report.told.begin(), {"evidence_not_as_promised", write_json(lines), text});
  std::string& detail = report.result.verdict.detail;
  detail = "on evidence that is not what its hashes promise: " + damage.front() +
           (detail.empty() ? "" : "; " + detail);
}

}  // namespace recrank
