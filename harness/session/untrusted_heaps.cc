#include "harness/session/untrusted_heaps.h"

#include "base/text.h"
#include "harness/console/json.h"

namespace recrank {

void note_untrusted(SubjectReport& report, const std::vector<std::string>& damage) {
  if (damage.empty()) return;
  Json list = Json::array();
  std::string text = "  NOT WHAT ITS HASHES PROMISE (--trust-checkpoint):\n";
  for (const std::string& line : damage) {
    list.push_back(printable(line));
    text += "    " + printable(line) + "\n";
  }
  report.told.insert(report.told.begin(), {"evidence_not_as_promised", list.dump(), text});
  std::string& detail = report.result.verdict.detail;
  detail = "on evidence that is not what its hashes promise: " + damage.front() +
           (detail.empty() ? "" : "; " + detail);
}

}  // namespace recrank
