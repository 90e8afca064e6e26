// The classes of what was found, and the journals that tell of whole lives.
#include <algorithm>
#include <cctype>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "replay/triage/triage.h"

namespace recrank {

bool Triage::take_record(std::string_view line, bool cut_off) {
  try {
    if (cut_off) throw Error(ErrorCode::kInvalidData, "longer than is read");
    const program::AppRecord record = program::read_app_record(line);
    if (says_booted(record)) {
      end_app_life(true);
      ++result_.starts;
    }
    if (says_shutting_down(record)) app_orderly_ = true;
    spans_.take(record);
    app_life_ = true;
    app_last_ = place(program::utc_words(record.time_ms));
    return true;
  } catch (const Error&) {
    ++damaged_records_;
    return false;
  }
}

void Triage::end_app_life(bool booted_anew) {
  const bool dead = app_life_ && !app_orderly_ && (booted_anew || spans_.count() > 0);
  if (dead) {
    DeathSeen death;
    death.kind = booted_anew ? DeathKind::kVanished : DeathKind::kUnderWay;
    const std::string within = spans_.innermost();
    death.signature = std::string(booted_anew ? "gone without a word" : "its journal ends") +
                      (within.empty() ? ", nothing under way" : " within " + within);
    death.words = format_count(spans_.count()) + " spans were open" +
                  (spans_.memory().empty() ? "" : "; last sample " + spans_.memory());
    death.place = app_last_;
    count(std::move(death));
  } else if (app_life_ && app_orderly_) {
    ++result_.ends;
  }
  spans_.clear();
  app_life_ = false;
  app_orderly_ = false;
}

void Triage::count(DeathSeen death) {
  const bool mismatch = death.kind == DeathKind::kMismatch;
  ++(mismatch ? result_.mismatches : result_.deaths);
  const auto found = classes_.find(death.signature);
  if (found == classes_.end() && classes_.size() >= kCrashClassesMax) {
    ++beyond_;
    return;
  }
  CrashClass& group = classes_[death.signature];
  constexpr size_t kNamesMax = 50;
  const auto tally = [&](std::map<std::string, uint64_t>& names, const std::string& name) {
    if (!name.empty() && (names.size() < kNamesMax || names.count(name) != 0)) ++names[name];
  };
  tally(group.builds, death.build);
  tally(group.programs, death.program);
  if (!mismatch) tally(group.ends, death.end.empty() ? "not told" : death.end);
  const auto bytes = [](const std::string& text) { return parse_bytes(text).value_or(0); };
  if (bytes(death.peak) > bytes(group.largest_peak)) group.largest_peak = death.peak;
  group.last = death.place;
  if (++group.count == 1) group.sample = std::move(death);
}

// A report whose first line is lost tells seven digits of its commit where others tell eight or
// nine.
void Triage::merge_spellings() {
  constexpr std::string_view kImage = "bun@";
  constexpr size_t kDigits = 7;
  const auto short_form = [&](const std::string& signature) {
    std::string form;
    size_t from = 0;
    for (size_t at = signature.find(kImage); at != std::string::npos;
         at = signature.find(kImage, from)) {
      const size_t digits = at + kImage.size();
      size_t end = digits;
      while (end < signature.size() &&
             std::isxdigit(static_cast<unsigned char>(signature[end])) != 0)
        ++end;
      form += signature.substr(from, std::min(digits + kDigits, end) - from);
      from = end;
    }
    return form + signature.substr(from);
  };
  std::map<std::string, std::string> longer;  // of a short form
  for (const auto& [signature, group] : classes_) {
    if (group.sample.kind != DeathKind::kNative) continue;
    const std::string form = short_form(signature);
    if (form != signature) longer.emplace(form, signature);
  }
  for (const auto& [form, signature] : longer) {
    const auto from = classes_.find(form);
    if (from == classes_.end()) continue;
    CrashClass& into = classes_[signature];
    into.count += from->second.count;
    for (const auto& [name, count] : from->second.builds) into.builds[name] += count;
    for (const auto& [name, count] : from->second.programs) into.programs[name] += count;
    for (const auto& [name, count] : from->second.ends) into.ends[name] += count;
    classes_.erase(from);
  }
}

void Triage::add_notes() {
  if (damaged_records_ > 0) {
    result_.notes.push_back(format_count(damaged_records_) +
                            " records of a journal are torn, damaged or too long to be read");
  }
  if (beyond_ > 0) {
    result_.notes.push_back(format_count(beyond_) +
                            " deaths of further classes are counted only: more than " +
                            format_count(kCrashClassesMax) + " classes");
  }
  if (reader_.left_out() > 0) {
    result_.notes.push_back(counted(reader_.left_out(), "message") +
                            " whose text is not in the log, too long or no text for its collector: "
                            "journalctl writes them with --all");
  }
  for (const auto& [program, unread] : unread_) {
    result_.notes.push_back(
        (program.empty() ? std::string("a program without a name") : program) + ": " +
        counted(unread.deaths, "death") + " without words, and " + counted(unread.lines, "line") +
        " before " + (unread.deaths == 1 ? "it" : "them") +
        " that recrank cannot read: the words may be there (docs/triage.md lists the forms)");
  }
}

TriageResult Triage::finish() {
  end_app_life(false);
  merge_spellings();
  for (auto& [signature, group] : classes_) result_.classes.push_back(std::move(group));
  std::stable_sort(result_.classes.begin(), result_.classes.end(),
                   [](const CrashClass& a, const CrashClass& b) { return a.count > b.count; });
  add_notes();
  return std::move(result_);
}

}  // namespace recrank
