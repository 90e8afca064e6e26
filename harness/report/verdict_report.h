// Verdicts as JSON and as text. No clock, host name or pid in either, `cost` apart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "harness/session/subject_report.h"

namespace recrank {

// Of a value that an engine or a recording gave.
inline constexpr size_t kValueBytesInText = 400;
inline constexpr size_t kValueBytesInJson = 100'000;

[[nodiscard]] Json to_json(const EngineIdentity& engine);
[[nodiscard]] Json recording_json(const RecordingInfo& info, uint64_t steps);
[[nodiscard]] Json to_json(const Verdict& verdict, const std::vector<NearbyStep>& nearby);
// The members "subject", "range", "verdict", "compared", "cost", "reproduce".
[[nodiscard]] Json to_json(const SubjectReport& report);

[[nodiscard]] std::string to_text(const SubjectReport& report);
// The same without cost and reproducer: what belongs into a report that is kept.
[[nodiscard]] std::string evidence_text(const SubjectReport& report);
// Which limit of recrank's can have caused it, before anything else is said of it; empty: none is
// known to.
[[nodiscard]] std::string own_limit_text(const Verdict& verdict, const std::string& indent);
// That an exit is compared by its status alone, where that is so.
[[nodiscard]] std::string status_only_text(const Verdict& verdict, const std::string& indent);
// Of a range that was run in parts side by side: which question that answers. Empty: it was not.
[[nodiscard]] std::string apart_words(const SubjectReport& report);
// "97 steps: 758 syscalls, 86 results, … compared": all kinds, or only those that there were.
// What nobody recorded, in one line: hashes by their first digits.
[[nodiscard]] std::string assumed_text(const std::vector<std::string>& assumed);
[[nodiscard]] std::string compared_text(const ComparedCounts& compared, bool every_kind);
}  // namespace recrank
