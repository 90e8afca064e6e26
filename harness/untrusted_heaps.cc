#include "harness/untrusted_heaps.h"

#include "base/text.h"

namespace recrank {

std::vector<std::string> heap_damage(const Recording& recording, const std::string& subject_id,
                                     StepRange range) {
  std::vector<std::string> lines;
  for (const Damage& damage : recording.verify({subject_id, range, VerifyParts::kHeaps}).damage) {
    if (damage.subject_id.empty() || damage.subject_id == subject_id) {
      lines.push_back(damage.place + ": " + damage.what);
    }
  }
  return lines;
}

void note_untrusted(SubjectReport& report, const std::vector<std::string>& damage) {
  if (damage.empty()) return;
  Json list = Json::array();
  std::string text = "  NOT WHAT ITS HASHES PROMISE (--trust-checkpoint):\n";
  for (const std::string& line : damage) {
    list.push_back(printable(line));
    text += "    " + printable(line) + "\n";
  }
  report.more["evidence_not_as_promised"] = std::move(list);
  report.more_text = text + report.more_text;
  std::string& detail = report.result.verdict.detail;
  detail = "on evidence that is not what its hashes promise: " + damage.front() +
           (detail.empty() ? "" : "; " + detail);
}

}  // namespace recrank
