#include "harness/request/capsule_replay.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/request/option_check.h"
#include "harness/request/option_table.h"
#include "harness/request/replay_options.h"
#include "replay/engine_file.h"
#include "replay/judge/same_finding.h"

namespace recrank {
namespace {

// "--memory-limit 1500MB" may be one word or two.
std::vector<std::string> split_words(const std::vector<std::string>& options) {
  std::vector<std::string> words;
  for (const std::string& option : options) {
    const size_t space = option.starts_with("--") ? option.find(' ') : std::string::npos;
    words.push_back(option.substr(0, space));
    if (space != std::string::npos) words.push_back(option.substr(space + 1));
  }
  return words;
}

// Whatever is no option at all is told by who reads the words.
void refuse_uncarried(const std::vector<std::string>& words, const std::string& place) {
  for (const std::string& word : words) {
    if (!word.starts_with('-')) continue;
    const std::string_view name = std::string_view(word).substr(0, word.find('='));
    const ReplayOption* option = name.starts_with("--") ? find_option(name.substr(2)) : nullptr;
    if (option != nullptr && option->in_capsule()) continue;
    throw Error(ErrorCode::kInvalidData,
                place + ": '" + printable(name, 60) + "' may not come from a capsule");
  }
}

// The claim is about the whole range that the capsule holds.
std::string met_word(const ClaimedVerdict& expected, const SubjectReport& report,
                     std::optional<bool>& met) {
  const Verdict& found = report.result.verdict;
  const StepRange held = report.subject.held.front();
  const StepRange run = report.result.plan.range;
  const bool kind_and_step =
      to_string(found.kind) == expected.kind && (!expected.step || found.step == expected.step);
  const bool looked_at = expected.step ? run.contains(*expected.step) : run == held;
  if (found.kind == VerdictKind::kUnjudged) return "not looked at: this replay could not be judged";
  const bool cut_short = found.kind == VerdictKind::kInterrupted;
  if (cut_short || (!looked_at && (found.kind == VerdictKind::kClean || kind_and_step))) {
    return "not looked at: the replay did not go over all of its steps";
  }
  const ClaimAnswer answer = meets_claim(found, expected);
  met = answer.met;
  if (answer.met) return "met";
  return answer.otherwise.empty() ? "NOT met" : "NOT met: " + answer.otherwise;
}

}  // namespace

std::vector<std::string> capsule_options_of(const OptionValues& options) {
  return words_of(options, [](const ReplayOption& option) { return option.in_capsule(); });
}

OptionValues options_for(const OptionValues& given, const Recording& recording) {
  const RecordingInfo& info = recording.info();
  refuse_foreign_options(given, info);
  const Claim* claim = recording.claim();
  if (claim == nullptr || claim->replay_options.empty()) return given;
  const std::vector<std::string> words = split_words(claim->replay_options);
  const std::string place =
      info.path + ": its replay options '" + printable(joined(words, " "), 300) + "'";
  refuse_uncarried(words, place);
  try {
    const OptionValues carried = parse_options(words);
    refuse_foreign_options(carried, info);
    static_cast<void>(request_from(carried));
    return given.over(carried);
  } catch (const Error& error) {
    throw Error(ErrorCode::kInvalidData, place + ": " + error.what());
  }
}

std::unique_ptr<Engine> open_by_hash(const EngineRegistry& registry, const ClaimedEngine& wanted) {
  std::vector<const EngineEntry*> entries;
  for (const EngineEntry& entry : registry.entries()) entries.push_back(&entry);
  // One program is many engines: what it runs is in their files.
  std::stable_partition(entries.begin(), entries.end(),
                        [&](const EngineEntry* entry) { return entry->name == wanted.name; });
  for (const EngineEntry* entry : entries) {
    try {
      if (is_engine_file(entry->worker)) {
        auto engine = open_engine(*entry);
        if (engine->identity().sha256 == wanted.sha256) return engine;
      } else if (sha256_hex_of_file(program_of(*entry)) == wanted.sha256) {
        return open_engine(*entry);
      }
    } catch (const Error&) {
      // An engine that cannot be opened is not the one; open_default() tells of such troubles.
    }
  }
  return nullptr;
}

std::string capsule_command(const EngineRegistry& registry, const Engine* engine,
                            const OptionValues& options, const std::string& file) {
  const std::string command = "recrank replay " + shell_quote(file);
  const auto asked = options.text("engine");
  if (!asked || engine == nullptr) return command;
  const EngineIdentity& identity = engine->identity();
  const ClaimedEngine wanted{identity.name, identity.sha256, {}, {}, {}};
  return open_by_hash(registry, wanted) ? command : command + " --engine " + shell_quote(*asked);
}

std::unique_ptr<Engine> open_engine_for(const EngineRegistry& registry, const Recording& recording,
                                        std::string& note) {
  const std::string& dialect = recording.info().dialect;
  const Claim* claim = recording.claim();
  if (claim == nullptr || !claim->engine) return registry.open_default(dialect);
  const ClaimedEngine& wanted = *claim->engine;
  if (auto engine = open_by_hash(registry, wanted)) return engine;
  std::string missing = "the engine of the capsule, " + printable(wanted.name, 60) + " (" +
                        printable(wanted.version, 60) + ", sha256 " + printable(wanted.sha256, 64) +
                        "), is not known here";
  if (!wanted.how_to_get.empty()) missing += "; " + printable(wanted.how_to_get, 300);
  auto engine =
      with_context([&] { return missing; }, [&] { return registry.open_default(dialect); });
  if (engine->identity().sha256 == wanted.sha256) return engine;  // it is part of recrank itself
  note = missing + "; used instead: " + engine->identity().name;
  return engine;
}

std::optional<ReportPart> judge_expectation(const Recording& recording, const SubjectReport& report,
                                            const EngineIdentity& engine) {
  const Claim* claim = recording.claim();
  if (claim == nullptr || !claim->verdict || report.subject.held.empty()) return std::nullopt;
  const ClaimedVerdict& expected = *claim->verdict;
  std::optional<bool> met;
  const std::string word = met_word(expected, report, met);
  Json json{{"kind", printable(expected.kind)}};
  if (expected.step) json["step"] = *expected.step;
  if (!expected.signature.empty()) json["signature"] = printable(expected.signature);
  if (!expected.limit.empty()) json["limit"] = printable(expected.limit);
  if (!expected.field.empty()) json["field"] = printable(expected.field);
  if (!expected.fact.empty()) json["fact"] = printable(expected.fact);
  if (expected.call) json["call"] = *expected.call;
  json["headline"] = printable(expected.headline);
  if (claim->engine) json["same_engine"] = claim->engine->sha256 == engine.sha256;
  json["met"] = met ? Json(*met) : Json();
  ReportPart out{"expected", json_text(json), {}};
  out.text = "expected verdict: " + word;
  if (met != true) out.text += " (expected " + printable(expected.headline, 300) + ")";
  if (met == false && claim->engine && claim->engine->sha256 != engine.sha256) {
    out.text += "; it was seen on another engine, " + printable(claim->engine->name, 60);
  }
  out.text += "\n";
  return out;
}

}  // namespace recrank
