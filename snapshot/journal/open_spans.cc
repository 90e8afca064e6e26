// Format: docs/formats/app-journal.md
#include "snapshot/journal/open_spans.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace recrank::program {
namespace {

constexpr size_t kDetailBytesMax = 80;
constexpr size_t kSpanWordsMax = 300;

// What tells one span of a name from another.
std::string detail_of(const AppRecord& record) {
  for (const char* name : {"name", "model"}) {
    const std::string value = app_attribute(record.attributes, name);
    if (!value.empty()) return printable(value, kDetailBytesMax);
  }
  return "";
}

std::string memory_words(std::string_view attributes) {
  std::string words;
  for (const char* name : {"rssMB", "heapUsedMB", "externalMB", "activeConversations"}) {
    const std::string value = app_attribute(attributes, name);
    if (value.empty()) continue;
    words +=
        (words.empty() ? "" : ", ") + std::string(name) + " " + printable(value, kDetailBytesMax);
  }
  return words;
}

}  // namespace

void OpenSpans::take(const AppRecord& record) {
  if (record.kind == AppRecord::Kind::kLog) {
    if (record.name != "memory:periodic") return;
    memory_ = memory_words(record.attributes);
    memory_ms_ = record.time_ms;
    return;
  }
  if (record.kind == AppRecord::Kind::kSpanClose) {
    spans_.erase(record.span);
    return;
  }
  if (spans_.size() >= kOpenSpansMax) {
    const auto oldest = std::min_element(
        spans_.begin(), spans_.end(),
        [](const auto& a, const auto& b) { return a.second.order < b.second.order; });
    spans_.erase(oldest);
  }
  spans_[record.span] = {printable(record.name, kDetailBytesMax),
                         detail_of(record),
                         record.parent,
                         record.turn,
                         record.conversation,
                         record.time_ms,
                         ++opened_};
}

void OpenSpans::clear() {
  spans_.clear();
  memory_.clear();
  memory_ms_ = 0;
}

std::vector<OpenSpan> OpenSpans::list() const {
  std::vector<OpenSpan> list;
  for (const auto& [id, span] : spans_) list.push_back(span);
  std::sort(list.begin(), list.end(),
            [](const OpenSpan& a, const OpenSpan& b) { return a.order < b.order; });
  return list;
}

std::string OpenSpans::innermost() const {
  std::set<std::string> parents;
  for (const auto& [id, span] : spans_) parents.insert(span.parent);
  std::set<std::string> names;
  for (const auto& [id, span] : spans_) {
    if (parents.count(id) != 0) continue;
    names.insert(span.name + (span.detail.empty() ? "" : " " + span.detail));
  }
  std::string words;
  for (const std::string& name : names) {
    if (words.size() > kSpanWordsMax) return words + ", …";
    words += (words.empty() ? "" : ", ") + name;
  }
  return words;
}

bool says_booted(const AppRecord& record) {
  return record.kind == AppRecord::Kind::kLog && record.name == "Dispatch booted";
}

bool says_shutting_down(const AppRecord& record) {
  return record.kind == AppRecord::Kind::kLog && record.name.starts_with("Shutting down");
}

}  // namespace recrank::program
