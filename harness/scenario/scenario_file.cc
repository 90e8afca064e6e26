// Format: docs/formats/scenario.md
#include <algorithm>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/json_place.h"
#include "base/text.h"
#include "harness/scenario/known_findings.h"
#include "harness/scenario/scenario.h"
#include "harness/scenario/scenario_options.h"
#include "harness/scenario/scenario_schema.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFileBytesMax = 1 << 20;
constexpr size_t kScenariosMax = 10'000;

// From JSON that passed the schema to values. Nothing is judged here.
class ScenarioReader {
 public:
  ScenarioReader(const fs::path& directory, const Json& json, const JsonPlaces& places)
      : given_(directory), json_(json), places_(places) {
    scenario_.directory = fs::absolute(directory).lexically_normal();
    if (!scenario_.directory.has_filename()) {
      scenario_.directory = scenario_.directory.parent_path();
    }
    scenario_.name = scenario_.directory.filename().string();
    scenario_.file = (directory / kScenarioFile).string();
  }

  Scenario read() {
    scenario_.title = json_["title"];
    if (json_.contains("labels")) scenario_.labels = json_["labels"];
    scenario_.recording = recording(json_["recording"]);
    if (json_.contains("checkpoint")) scenario_.checkpoint = recording(json_["checkpoint"]);
    subjects();
    scenario_.options = options_in(json_, given_);
    scenario_.repeat = json_.value("repeat", uint64_t{1});
    if (json_.contains("engines")) scenario_.engines = engines(json_["engines"]);
    if (json_.contains("matrix")) matrix(json_["matrix"]);
    if (json_.contains("expect")) expectations(json_["expect"]);
    if (json_.contains("reading")) reading(json_["reading"]);
    return std::move(scenario_);
  }

 private:
  [[nodiscard]] int line(const std::string& pointer) const {
    return static_cast<int>(places_.find(pointer).line);
  }

  // As the user's call leads to it, so that no place of this machine gets into a report.
  [[nodiscard]] fs::path beside(const std::string& path) const {
    return (given_ / path).lexically_normal();
  }

  ScenarioRecording recording(const Json& json) const {
    ScenarioRecording recording;
    if (json.contains("path")) recording.path = beside(json["path"].get<std::string>());
    recording.url = json.value("url", "");
    recording.command = json.value("command", "");
    recording.sha256 = json.value("sha256", "");
    recording.as = json.value("as", "");
    recording.inside = json.value("inside", "");
    recording.fetch = json.value("fetch", "");
    if (json.contains("from")) recording.from.push_back(ScenarioReader::recording(json["from"]));
    return recording;
  }

  void subjects() {
    if (!json_.contains("subject") || json_["subject"] == "all") return;
    const Json& subject = json_["subject"];
    if (subject.is_string()) {
      scenario_.subjects.push_back(subject);
    } else {
      scenario_.subjects = subject.get<std::vector<std::string>>();
    }
  }

  [[nodiscard]] std::vector<ScenarioEngine> engines(const Json& list) const {
    std::vector<ScenarioEngine> engines;
    for (const Json& each : list) {
      ScenarioEngine& engine = engines.emplace_back();
      const Json members = each.is_string() ? Json{{"name", each}} : each;
      engine.spec.name = members["name"];
      engine.spec.engine = members.value("engine", engine.spec.name);
      if (engine.spec.engine.find('/') != std::string::npos) {
        engine.spec.engine = beside(engine.spec.engine).string();
      }
      for (const std::string_view part : engine_parts()) {
        const std::string name(part);
        if (!members.contains(name)) continue;
        engine.spec.parts.emplace_back(name, beside(members[name].get<std::string>()));
      }
      engine.spec.needs = members.value("needs", "");
      engine.optional = members.value("optional", false);
    }
    return engines;
  }

  // Each engine so far with each of `bundles`.
  void multiply(const Json& bundles, const std::string& part) {
    std::vector<ScenarioEngine> product;
    for (const ScenarioEngine& engine : scenario_.engines) {
      for (const Json& each : bundles) {
        if (product.size() > kScenarioCasesMax) break;  // the rules refuse so many
        ScenarioEngine& both = product.emplace_back(engine);
        both.spec.name += " / " + each["name"].get<std::string>();
        both.spec.parts.emplace_back(part, beside(each["path"].get<std::string>()));
        const std::string needs = each.value("needs", "");
        if (!needs.empty()) both.spec.needs += (both.spec.needs.empty() ? "" : "; ") + needs;
        both.optional = both.optional || each.value("optional", false);
      }
    }
    scenario_.engines = std::move(product);
  }

  void matrix(const Json& matrix) {
    scenario_.engines = engines(matrix["engine"]);
    for (const std::string_view part : engine_parts()) {
      const std::string name(part);
      if (matrix.contains(name)) multiply(matrix[name], name);
    }
  }

  [[nodiscard]] ExpectationRule rule(const Json& json, const std::string& pointer) const {
    ExpectationRule rule;
    rule.engine = json.value("engine", "*");
    rule.subject = json.value("subject", "");
    ExpectedVerdict& verdict = rule.verdict;
    verdict.line = line(pointer);
    verdict.kind = json["kind"];
    if (json.contains("step")) verdict.step = json["step"].get<uint64_t>();
    verdict.field = json.value("field", "");
    verdict.signature = json.value("signature", "");
    if (json.contains("limit")) verdict.limit = json["limit"].get<std::string>();
    if (json.contains("as_recorded")) verdict.as_recorded = json["as_recorded"].get<bool>();
    if (json.contains("rate")) {
      const Json& rate = json["rate"];
      if (rate.contains("at_least")) verdict.rate_at_least = rate["at_least"].get<double>();
      if (rate.contains("at_most")) verdict.rate_at_most = rate["at_most"].get<double>();
    }
    return rule;
  }

  void expectations(const Json& expect) {
    if (expect.is_object()) {
      scenario_.expect.push_back(rule(expect, "/expect"));
      return;
    }
    for (size_t i = 0; i < expect.size(); ++i) {
      scenario_.expect.push_back(rule(expect[i], json_pointer("/expect", std::to_string(i))));
    }
  }

  void reading(const Json& json) {
    ExpectedRecording reading;
    reading.line = line("/reading");
    reading.kind = json.value("kind", "");
    if (json.contains("steps")) reading.steps = json["steps"].get<uint64_t>();
    if (json.contains("first")) reading.first = json["first"].get<uint64_t>();
    if (json.contains("last")) reading.last = json["last"].get<uint64_t>();
    reading.hashes = json.value("hashes", false);
    scenario_.reading = std::move(reading);
  }

  const fs::path given_;
  const Json& json_;
  const JsonPlaces& places_;
  Scenario scenario_;
};

// "file:12: subject: …; 15: …" in the order of the lines.
[[noreturn]] void refuse(const std::string& file, const JsonPlaces& places,
                         const std::vector<ScenarioComplaint>& complaints) {
  std::vector<std::pair<size_t, std::string>> lines;
  for (const ScenarioComplaint& complaint : complaints) {
    std::string what =
        complaint.pointer.empty() ? "" : printable(complaint.pointer.substr(1), 200) + ": ";
    std::replace(what.begin(), what.end(), '/', '.');
    lines.emplace_back(places.find(complaint.pointer).line, what + printable(complaint.what, 600));
  }
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::string text;
  for (size_t i = 0; i < std::min(lines.size(), kScenarioComplaintsMax); ++i) {
    text +=
        (i == 0 ? file + ":" : "; line ") + std::to_string(lines[i].first) + ": " + lines[i].second;
  }
  if (lines.size() > kScenarioComplaintsMax) text += "; and more";
  throw Error(ErrorCode::kInvalidData, text);
}

}  // namespace

Scenario parse_scenario(const fs::path& directory, const std::string& text) {
  const std::string file = (directory / kScenarioFile).string();
  JsonPlaces places;
  Json json;
  try {
    places = JsonPlaces::of(text);
    json = parse_json(text);
  } catch (const Error& error) {
    throw Error(error.code(), file + ":" + error.what());
  }
  if (const auto complaints = schema_complaints(text); !complaints.empty()) {
    refuse(file, places, complaints);
  }
  Scenario scenario = ScenarioReader(directory, json, places).read();
  if (const auto complaints = rule_complaints(json, scenario); !complaints.empty()) {
    refuse(file, places, complaints);
  }
  return scenario;
}

Scenario load_scenario(const fs::path& directory) {
  return parse_scenario(directory, read_small_file(directory / kScenarioFile, kFileBytesMax));
}

std::vector<fs::path> find_scenarios(const fs::path& place) {
  std::error_code error;
  if (fs::is_regular_file(place / kScenarioFile, error)) return {place};
  if (place.filename() == kScenarioFile && fs::is_regular_file(place, error)) {
    return {place.has_parent_path() ? place.parent_path() : fs::path(".")};
  }
  std::vector<fs::path> found;
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  for (auto at = fs::recursive_directory_iterator(place, kOptions, error);
       at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (error) break;
    std::error_code ignored;
    if (!at->is_directory(ignored) || !fs::is_regular_file(at->path() / kScenarioFile, ignored))
      continue;
    found.push_back(at->path());
    at.disable_recursion_pending();
    if (found.size() > kScenariosMax) {
      throw Error(ErrorCode::kInvalidData, place.string() + ": it holds more than " +
                                               std::to_string(kScenariosMax) + " scenarios");
    }
  }
  if (found.empty()) {
    throw Error(ErrorCode::kInvalidData, place.string() + ": no " + kScenarioFile +
                                             " lies there or below" +
                                             (error ? " (" + error.message() + ")" : ""));
  }
  std::sort(found.begin(), found.end());
  return found;
}

const ExpectationRule* rule_for(const Scenario& scenario, const std::string& engine,
                                const std::string& subject, const std::string& name) {
  const auto rule = std::find_if(
      scenario.expect.begin(), scenario.expect.end(), [&](const ExpectationRule& each) {
        const bool subject_fits = each.subject.empty() || each.subject == subject ||
                                  (!name.empty() && each.subject == name);
        return subject_fits && matches_pattern(each.engine, engine);
      });
  return rule == scenario.expect.end() ? nullptr : &*rule;
}

}  // namespace recrank
