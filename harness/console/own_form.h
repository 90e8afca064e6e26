// What recrank itself has written, as far as a file can tell: the forms of its reports.
#pragma once

#include <string_view>

namespace recrank {

// So many bytes of the front of a file are enough to tell.
inline constexpr size_t kOwnFormBytes = 4096;

// Whether a file that begins so is a report of recrank's: JSON whose first member is the schema of
// a command's report, JUnit XML, SARIF and Markdown of `run`, Markdown of `bisect`, rows of
// --telemetry. Never what recrank reads: scenarios, engine files, findings that are filed,
// journals.
[[nodiscard]] bool is_own_report(std::string_view head);

// The first line of Markdown that has no other mark: "<!-- recrank.bisect/1 -->".
[[nodiscard]] std::string_view markdown_mark();
// What the first line of a file of --console begins with.
[[nodiscard]] std::string_view console_mark();

}  // namespace recrank
