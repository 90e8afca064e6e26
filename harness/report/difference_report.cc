#include "harness/report/difference_report.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr size_t kHeadBytes = 400;  // of a value that is held against nothing

std::string window_text(const Window& window) {
  std::string text;
  if (window.before > 0) text += "… " + counted(window.before, "equal byte") + " …";
  text += printable(window.text, window.text.size());
  if (window.after > 0) {
    text += "… " + counted(window.after, window.after_equal ? "equal byte" : "byte") + " …";
  }
  return text;
}

// "−519", with the sign that is as wide as a digit.
std::string delta_text(const std::string& delta) {
  return delta.starts_with('-') ? "−" + delta.substr(1) : delta;
}

std::string padded(std::string_view word, size_t width) {
  return std::string(word) + std::string(width - std::min(width, word.size()), ' ');
}

std::string only_text(std::string_view side, const std::vector<std::string>& names) {
  return names.empty() ? "" : "only " + std::string(side) + " has " + joined(names);
}

std::string values_words(const Difference& difference, const SideNames& names) {
  std::string text = std::string(names.expected) + " " + window_text(difference.shown.expected) +
                     ", " + std::string(names.got) + " " + window_text(difference.shown.got);
  if (!difference.delta.empty()) text += ", " + delta_text(difference.delta);
  return text;
}

// What is to be said of the value where they differ; empty: the lines above show it.
std::string there_text(const Difference& difference, const SideNames& names) {
  if (difference.same_value) return "the same value, spelt otherwise";
  std::vector<std::string> words;
  for (const std::string& only : {only_text(names.expected, difference.only_expected),
                                  only_text(names.got, difference.only_got)}) {
    if (!only.empty()) words.push_back(only);
  }
  if (!words.empty()) return joined(words, "; ");
  return difference.path.empty() ? "" : values_words(difference, names);
}

Json names_json(const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const std::string& each : names) list.push_back(each);
  return list;
}

std::string place_of(const CallRow& row) {
  if (row.kind == CallRowKind::kMore) return "";
  const bool several = row.count > 1;
  return std::to_string(row.index) +
         (several ? ".." + std::to_string(row.index + row.count - 1) : "");
}

std::string_view word_of(CallRowKind kind) {
  switch (kind) {
    case CallRowKind::kEqual: return "equal";
    case CallRowKind::kWrong: return "wrong";
    case CallRowKind::kExtra: return "extra";
    case CallRowKind::kMissing: return "missing";
    case CallRowKind::kNotSeen: return "not seen";
    case CallRowKind::kMore: return "more";
  }
  return "";
}

std::vector<std::string> cells_of(const CallRow& row) {
  const std::string expected = window_text(row.shown.expected);
  const std::string got = window_text(row.shown.got);
  switch (row.kind) {
    case CallRowKind::kEqual: return {place_of(row), "= " + counted(row.count, "equal call")};
    case CallRowKind::kWrong: return {place_of(row), "! " + expected, "! " + got};
    case CallRowKind::kExtra: return {place_of(row), "", "+ " + got};
    case CallRowKind::kMissing: return {place_of(row), "- " + expected};
    case CallRowKind::kNotSeen:
      return {place_of(row), "  " + counted(row.count, "call") + ", not looked at"};
    case CallRowKind::kMore: return {"", "  … " + counted(row.count, "difference") + " more"};
  }
  return {};
}

}  // namespace

std::string difference_text(std::string_view expected, std::string_view got,
                            const std::optional<Difference>& difference, const SideNames& names,
                            const std::string& indent) {
  const size_t width = std::max(names.expected.size(), names.got.size()) + 2;
  const auto line = [&](std::string_view name, const std::string& value) {
    return indent + padded(name, width) + value + "\n";
  };
  if (!difference) {
    return line(names.expected, printable(expected, kHeadBytes)) +
           line(names.got, printable(got, kHeadBytes));
  }
  const bool numbers = difference->path.empty() && !difference->delta.empty();
  const std::string far = numbers ? " (" + delta_text(difference->delta) + ")" : "";
  std::string text = line(names.expected, window_text(difference->whole.expected)) +
                     line(names.got, window_text(difference->whole.got) + far);
  const std::string there = there_text(*difference, names);
  if (!there.empty()) {
    text += line("at", (difference->path.empty() ? "" : difference->path + ": ") + there);
  }
  return text;
}

std::string difference_line(const Verdict& verdict) {
  if (verdict.kind != VerdictKind::kDiverged || verdict.divergences.empty()) return "";
  const std::optional<Difference>& difference = verdict.divergences.front().difference;
  if (!difference) return "";
  std::string there = there_text(*difference, {});
  if (there.empty()) there = values_words(*difference, {});
  return difference->path.empty() ? there : "at " + difference->path + ": " + there;
}

Json difference_json(const Difference& difference, const SideNames& names) {
  const std::string expected(names.expected);
  const std::string got(names.got);
  Json out{{"path", difference.path}, {"byte", difference.whole.byte}};
  out[expected] = window_text(difference.shown.expected);
  out[got] = window_text(difference.shown.got);
  if (!difference.delta.empty()) out["delta"] = difference.delta;
  if (!difference.only_expected.empty())
    out["only_" + expected] = names_json(difference.only_expected);
  if (!difference.only_got.empty()) out["only_" + got] = names_json(difference.only_got);
  if (difference.same_value) out["same_value"] = true;
  return out;
}

std::string calls_text(const std::vector<CallRow>& rows, const SideNames& names,
                       const std::string& indent) {
  if (rows.empty()) return "";
  std::vector<std::vector<std::string>> cells{
      {"call", "  " + std::string(names.expected), "  " + std::string(names.got)}};
  for (const CallRow& row : rows) cells.push_back(cells_of(row));
  const std::string table = format_table(cells);
  std::string text;
  for (size_t at = 0; at < table.size();) {
    const size_t end = table.find('\n', at) + 1;
    text += indent + table.substr(at, end - at);
    at = end;
  }
  return text;
}

Json calls_json(const std::vector<CallRow>& rows, const SideNames& names) {
  Json out = Json::array();
  for (const CallRow& row : rows) {
    Json one{{"what", word_of(row.kind)}};
    if (row.kind != CallRowKind::kMore) one["index"] = row.index;
    const bool shows_expected =
        row.kind == CallRowKind::kWrong || row.kind == CallRowKind::kMissing;
    const bool shows_got = row.kind == CallRowKind::kWrong || row.kind == CallRowKind::kExtra;
    if (shows_expected) one[std::string(names.expected)] = window_text(row.shown.expected);
    if (shows_got) one[std::string(names.got)] = window_text(row.shown.got);
    if (!shows_expected && !shows_got) one["count"] = row.count;
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace recrank
