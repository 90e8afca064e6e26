#include "harness/console/own_form.h"

#include <algorithm>
#include <array>

namespace recrank {
namespace {

// Schemas of reports are "recrank." and one of these and "/1"; a test holds the list against the
// commands.
constexpr std::array<std::string_view, 13> kReports{
    "bisect", "captured", "compare",   "doctor", "engines",  "inspect", "pack",
    "replay", "run",      "scenarios", "shrink", "snapshot", "triage"};
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kConsoleMark = "# recrank console: ";
constexpr std::string_view kMarkdownMark = "<!-- recrank.bisect/1 -->";

// Takes `word` from the front, with the white space before it.
bool take(std::string_view& text, std::string_view word) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool is_json_report(std::string_view text) {
  if (!take(text, "{") || !take(text, "\"schema\"") || !take(text, ":")) return false;
  if (!take(text, "\"recrank.")) return false;
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || !text.substr(slash).starts_with("/1\"")) return false;
  return std::find(kReports.begin(), kReports.end(), text.substr(0, slash)) != kReports.end();
}

bool is_junit(std::string_view text) {
  return take(text, "<?xml") && text.find("<testsuites name=\"recrank\"") != std::string_view::npos;
}

bool is_sarif(std::string_view text) {
  if (!take(text, "{") || !take(text, "\"$schema\"")) return false;
  text.remove_prefix(std::min(text.find("\"driver\""), text.size()));
  return take(text, "\"driver\"") && take(text, ":") && take(text, "{") && take(text, "\"name\"") &&
         take(text, ":") && take(text, "\"recrank\"");
}

bool is_telemetry(std::string_view text) {
  if (text.starts_with("vat,run,step,kind,process,last,computrons,")) return true;
  if (!text.starts_with("{\"vat\":\"")) return false;
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.find("\",\"run\":") != std::string_view::npos &&
         line.find(",\"step\":") != std::string_view::npos &&
         line.find(",\"kind\":\"") != std::string_view::npos;
}

}  // namespace

bool is_own_report(std::string_view head) {
  const bool markdown = head.starts_with("## recrank: ") || head.starts_with(kMarkdownMark);
  const bool console = head.starts_with(kConsoleMark);
  return markdown || console || is_json_report(head) || is_junit(head) || is_sarif(head) ||
         is_telemetry(head);
}

std::string_view markdown_mark() { return kMarkdownMark; }

std::string_view console_mark() { return kConsoleMark; }

}  // namespace recrank
