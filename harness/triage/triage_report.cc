#include "harness/triage/triage_report.h"

#include <map>

#include "base/json.h"
#include "base/text.h"

namespace recrank {
namespace {

std::string_view to_string(MatchGrade grade) {
  return grade == MatchGrade::kSame ? "same" : "alike";
}

std::string place_words(const LogPlace& place) {
  const std::string where = printable(place.file, 300) + ":" + std::to_string(place.line);
  return place.time.empty() ? where : place.time + " (" + where + ")";
}

Json place_json(const LogPlace& place) {
  Json out{{"file", printable(place.file)}, {"line", place.line}};
  if (!place.time.empty()) out["time"] = place.time;
  return out;
}

std::string tally_words(const std::map<std::string, uint64_t>& names) {
  std::string words;
  for (const auto& [name, count] : names) {
    words += (words.empty() ? "" : ", ") + name;
    if (names.size() > 1) words += " (" + format_count(count) + ")";
  }
  return words;
}

Json tally_json(const std::map<std::string, uint64_t>& names) {
  Json out = Json::object();
  for (const auto& [name, count] : names) out[name] = count;
  return out;
}

Json class_json(const CrashClass& group, const ClassMatch& match) {
  const DeathSeen& sample = group.sample;
  Json out{{"kind", to_string(sample.kind)},
           {"signature", sample.signature},
           {"count", group.count},
           {"words", sample.words},
           {"builds", tally_json(group.builds)},
           {"ends", tally_json(group.ends)},
           {"programs", tally_json(group.programs)},
           {"first", place_json(sample.place)},
           {"last", place_json(group.last)}};
  if (!group.largest_peak.empty()) out["largest_memory_peak"] = group.largest_peak;
  if (const std::string caution = caution_of(group); !caution.empty()) out["caution"] = caution;
  if (match.known) {
    out["known"] = {{"issue", printable(match.known->issue)}, {"url", printable(match.known->url)}};
  }
  out["scenarios"] = Json::array();
  for (const ScenarioMatch& each : match.scenarios) {
    out["scenarios"].push_back({{"name", printable(each.scenario)},
                                {"signature", printable(each.expectation)},
                                {"match", to_string(each.grade)}});
  }
  return out;
}

std::string row(const char* name, const std::string& value) {
  constexpr size_t kWidth = 9;
  std::string head(name);
  head.resize(kWidth, ' ');
  return value.empty() ? "" : "    " + head + value + "\n";
}

std::string class_text(const CrashClass& group, const ClassMatch& match) {
  const DeathSeen& sample = group.sample;
  std::string text = format_count(group.count) + " x  " + std::string(to_string(sample.kind)) +
                     "  " + sample.signature + "\n";
  text += row("said", sample.words) + row("ended", tally_words(group.ends)) +
          row("build", tally_words(group.builds)) + row("program", tally_words(group.programs)) +
          row("peak", group.largest_peak) + row("first", place_words(sample.place));
  if (group.count > 1) text += row("last", place_words(group.last));
  if (match.known) {
    text +=
        row("known", printable(match.known->issue, 100) +
                         (match.known->url.empty() ? "" : "  " + printable(match.known->url, 200)));
  }
  for (const ScenarioMatch& each : match.scenarios) {
    const bool same = each.grade == MatchGrade::kSame;
    text += row("scenario", printable(each.scenario, 100) +
                                (same ? "" : " (alike: the place of the crash is not compared)"));
  }
  return text + row("caution", caution_of(group));
}

std::string mismatches_words(uint64_t count) {
  return format_count(count) + (count == 1 ? " hash mismatch" : " hash mismatches");
}

}  // namespace

std::string caution_of(const CrashClass& group) {
  const DeathSeen& sample = group.sample;
  if (sample.kind == DeathKind::kUnderWay)
    return "it died, or was still running when the log was taken";
  if (sample.kind == DeathKind::kMismatch)
    return "no death: it computed another hash than its network or archive, and may have lived on";
  if (sample.kind == DeathKind::kNative &&
      sample.signature.find(" near-null") != std::string::npos) {
    return "an address below 64 KiB may be the number of a process that sent the signal";
  }
  if (sample.kind == DeathKind::kNative && sample.signature.ends_with("site-not-told")) {
    return "the log lacks the report's last line, so crashes at several places may be one class "
           "here";
  }
  return "";
}

Json triage_json(const TriageResult& found, const std::vector<ClassMatch>& matches,
                 const std::vector<std::string>& logs) {
  Json out{{"schema", "recrank.triage/1"}, {"logs", Json::array()}};
  for (const std::string& log : logs) out["logs"].push_back(printable(log));
  out["deaths"] = found.deaths;
  out["mismatches"] = found.mismatches;
  out["lines"] = {{"read", found.lines}, {"known", found.known_lines}};
  out["starts"] = found.starts;
  out["orderly_ends"] = found.ends;
  out["classes"] = Json::array();
  for (size_t i = 0; i < found.classes.size(); ++i) {
    out["classes"].push_back(class_json(found.classes[i], matches.at(i)));
  }
  out["notes"] = found.notes;
  return out;
}

std::string triage_text(const TriageResult& found, const std::vector<ClassMatch>& matches) {
  std::string text;
  for (size_t i = 0; i < found.classes.size(); ++i)
    text += class_text(found.classes[i], matches.at(i)) + "\n";
  text += format_count(found.deaths) + (found.deaths == 1 ? " death" : " deaths") +
          (found.mismatches == 0 ? "" : ", " + mismatches_words(found.mismatches)) + " in " +
          format_count(found.classes.size()) + (found.classes.size() == 1 ? " class" : " classes") +
          "; " + counted(found.starts, "start") + ", " + counted(found.ends, "orderly end") + "; " +
          counted(found.lines, "line") + " read, " + format_count(found.known_lines) +
          " of them known\n";
  return text;
}

}  // namespace recrank
