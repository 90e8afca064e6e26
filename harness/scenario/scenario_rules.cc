// Format: docs/formats/scenario.md, "Rules beyond the schema"
#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/json_place.h"
#include "base/text.h"
#include "harness/request/option_table.h"
#include "harness/request/replay_options.h"
#include "harness/scenario/known_findings.h"
#include "harness/scenario/scenario_schema.h"

namespace recrank {
namespace {

constexpr size_t kLooksMax = 5'000'000;  // a second's work

bool climbs(const std::string& path) {
  return ("/" + path + "/").find("/../") != std::string::npos;
}

class Rules {
 public:
  Rules(const Json& json, const Scenario& scenario) : json_(json), scenario_(scenario) {}

  std::vector<ScenarioComplaint> check() {
    for (const char* name : {"recording", "checkpoint"}) {
      if (json_.contains(name)) recording(json_[name], json_pointer("", name), 1);
    }
    if (json_.contains("checkpoint") && scenario_.engines.empty()) {
      complain("/checkpoint", "there is no engine to begin from it");
    }
    options();
    engines();
    subjects();
    reading();
    const bool any_engine = !scenario_.engines.empty();
    if (any_engine && json_.contains("expect")) expectations();
    if (any_engine && !json_.contains("expect")) complain("", "it has engines and no \"expect\"");
    if (!any_engine && json_.contains("expect"))
      complain("/expect", "there is no engine to expect it of");
    if (!any_engine && !scenario_.reading) {
      complain("", "it compares nothing: neither \"engines\", \"matrix\" nor \"reading\"");
    }
    return std::move(complaints_);
  }

 private:
  void complain(const std::string& pointer, const std::string& what) {
    if (complaints_.size() <= kScenarioComplaintsMax) complaints_.push_back({pointer, what});
  }

  void recording(const Json& json, const std::string& pointer, size_t depth) {
    for (const char* name : {"as", "inside"}) {
      if (json.contains(name) && climbs(json[name])) {
        complain(json_pointer(pointer, name), "no \"..\" may be in it");
      }
    }
    if (json.contains("path") && json.contains("as")) {
      complain(json_pointer(pointer, "as"), "a recording with a path is not kept elsewhere");
    }
    if (json.contains("command") && json.contains("sha256")) {
      complain(json_pointer(pointer, "sha256"),
               "what a command makes has no sha256 that is known before");
    }
    if (!json.contains("from")) return;
    if (depth >= kScenarioFromDepthMax) {
      complain(json_pointer(pointer, "from"),
               "more than " + std::to_string(kScenarioFromDepthMax) + " within one another");
    } else {
      recording(json["from"], json_pointer(pointer, "from"), depth + 1);
    }
  }

  // They are judged by the very code that judges them on a command line. Files that they name are
  // looked at when it runs.
  void options() {
    ReplayRequest request;
    for (const ReplayOption& option : replay_options()) {
      const auto given = scenario_.options.find(option.name);
      if (!given || option.read == nullptr || option.json.form == JsonForm::kPath) continue;
      check(option.json.place, [&] { option.read(*given, request); });
    }
    check("/range", [&] { check_range(request); });
    from_ = request.from;
    to_ = request.to;
  }

  template <typename Judge>
  void check(std::string_view pointer, Judge judge) {
    try {
      judge();
    } catch (const Error& error) {
      complain(std::string(pointer), error.what());
    }
  }

  [[nodiscard]] bool in_range(uint64_t step) const {
    return (!from_ || step >= *from_) && (!to_ || step <= *to_);
  }

  void engines() {
    const bool both = json_.contains("engines") && json_.contains("matrix");
    if (both) complain("/matrix", "either \"engines\" or \"matrix\"");
    const std::string list = json_.contains("matrix") ? "/matrix" : "/engines";
    std::set<std::string> names;
    for (const ScenarioEngine& engine : scenario_.engines) {
      if (names.insert(engine.spec.name).second) continue;
      complain(list, "two engines are named \"" + printable(engine.spec.name, 100) + "\"");
    }
    if (scenario_.engines.size() * std::max<size_t>(1, scenario_.subjects.size()) >
        kScenarioCasesMax) {
      complain(list, "more than " + std::to_string(kScenarioCasesMax) + " cases come of it");
    }
  }

  void subjects() {
    std::set<std::string> known;
    for (const std::string& subject : scenario_.subjects) {
      if (!known.insert(subject).second) {
        complain("/subject", "\"" + printable(subject, 100) + "\" is there twice");
      }
      if (subject == "all" && scenario_.subjects.size() > 1) {
        complain("/subject", "\"all\" stands alone");
      }
    }
  }

  void reading() {
    if (!scenario_.reading) return;
    const ExpectedRecording& reading = *scenario_.reading;
    const bool counts = reading.steps || reading.first || reading.last;
    if (!counts && reading.kind.empty() && !reading.hashes) complain("/reading", "it asks nothing");
    if (counts && scenario_.subjects.size() > 1) {
      complain("/reading", "steps, first and last are those of one subject; there are several");
    }
    if (reading.first && reading.last && *reading.first > *reading.last) {
      complain("/reading/first", "it is behind last");
    }
  }

  void expectations() {
    const bool list = json_["expect"].is_array();
    for (size_t i = 0; i < scenario_.expect.size(); ++i) {
      const std::string pointer = list ? json_pointer("/expect", std::to_string(i)) : "/expect";
      verdict(scenario_.expect[i].verdict, pointer);
      selectors(scenario_.expect[i], pointer);
    }
    if (complaints_.empty() && is_bounded()) coverage(list);
  }

  // Every rule is held against every case.
  bool is_bounded() {
    const size_t rules = scenario_.expect.size();
    const size_t subjects = scenario_.subjects.empty() ? rules + 1 : scenario_.subjects.size();
    const bool bounded = scenario_.engines.size() * subjects * rules <= kLooksMax;
    if (!bounded) complain("/expect", "so many rules for so many cases: split the scenario");
    return bounded;
  }

  void verdict(const ExpectedVerdict& expected, const std::string& pointer) {
    const std::string& kind = expected.kind;
    const auto only = [&](bool given, const char* member, bool fits) {
      if (given && !fits)
        complain(json_pointer(pointer, member), "\"" + kind + "\" has no such thing");
    };
    const bool failure = kind == "crashed" || kind == "limit";
    only(expected.step.has_value(), "step", kind != "clean");
    only(!expected.field.empty(), "field", kind == "diverged");
    only(!expected.signature.empty(), "signature", failure);
    only(expected.limit.has_value(), "limit", kind == "limit");
    only(expected.as_recorded.has_value(), "as_recorded", failure);
    if (expected.step && !in_range(*expected.step)) {
      complain(json_pointer(pointer, "step"), "it is outside the range");
    }
    rate(expected, json_pointer(pointer, "rate"));
  }

  void rate(const ExpectedVerdict& expected, const std::string& pointer) {
    const double least = expected.rate_at_least.value_or(0);
    if (!expected.rate_at_least && !expected.rate_at_most) return;
    if (scenario_.repeat < 2) complain(pointer, "a rate needs \"repeat\" above 1");
    if (least > expected.rate_at_most.value_or(1)) complain(pointer, "at_least is above at_most");
    if (least == 0 && expected.rate_at_most.value_or(1) == 1) {
      complain(pointer, "every rate is within it: it asks nothing");
    }
  }

  void selectors(const ExpectationRule& rule, const std::string& pointer) {
    const auto engine_fits = [&](const ScenarioEngine& each) {
      return matches_pattern(rule.engine, each.spec.name);
    };
    if (std::none_of(scenario_.engines.begin(), scenario_.engines.end(), engine_fits)) {
      complain(json_pointer(pointer, "engine"),
               "no engine is named \"" + printable(rule.engine, 100) + "\"");
    }
    const std::vector<std::string>& subjects = scenario_.subjects;
    const bool listed = std::find(subjects.begin(), subjects.end(), rule.subject) != subjects.end();
    if (!rule.subject.empty() && !subjects.empty() && !listed) {
      complain(json_pointer(pointer, "subject"),
               "\"" + printable(rule.subject, 100) + "\" is no subject of this scenario");
    }
  }

  // Which rules count, and for which cases there is none. With "all" the subjects are not known: a
  // rule that names one may count.
  void coverage(bool list) {
    std::set<const ExpectationRule*> used;
    for (const ScenarioEngine& engine : scenario_.engines) {
      std::vector<std::string> subjects = scenario_.subjects;
      if (subjects.empty()) {
        for (const ExpectationRule& rule : scenario_.expect) subjects.push_back(rule.subject);
        subjects.emplace_back();  // any other subject
      }
      for (const std::string& subject : subjects) {
        const ExpectationRule* rule = rule_for(scenario_, engine.spec.name, subject);
        if (rule != nullptr) {
          used.insert(rule);
        } else {
          complain("/expect",
                   "nothing is expected of \"" + printable(engine.spec.name, 100) + "\"" +
                       (scenario_.subjects.size() > 1 ? " with " + printable(subject, 100) : ""));
        }
      }
    }
    for (size_t i = 0; list && i < scenario_.expect.size(); ++i) {
      if (used.count(&scenario_.expect[i]) > 0) continue;
      complain(json_pointer("/expect", std::to_string(i)),
               "rules before it apply to all of its cases: put it before them");
    }
  }

  const Json& json_;
  const Scenario& scenario_;
  std::vector<ScenarioComplaint> complaints_;
  std::optional<uint64_t> from_;
  std::optional<uint64_t> to_;
};

}  // namespace

std::vector<ScenarioComplaint> rule_complaints(const Json& json, const Scenario& scenario) {
  return Rules(json, scenario).check();
}

}  // namespace recrank
