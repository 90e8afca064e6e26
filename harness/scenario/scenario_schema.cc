// Format: docs/formats/scenario.md
#include "harness/scenario/scenario_schema.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "base/json_place.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr size_t kErrorsMax = 500;  // of the library; comparing them is quadratic

using Adapter = valijson::adapters::NlohmannJsonAdapter;

// How the library says it -> how we do. What stands for the rest of a sentence is kept.
struct Wording {
  std::string_view begins;
  std::string_view ours;
  int weight;  // of several complaints about one value the heaviest is told
};
constexpr std::array kWordings{
    Wording{"Object contains a property", "there is no such member: ", 3},
    Wording{"Missing required property", "it lacks ", 3},
    Wording{"Missing dependency", "with this member it also needs ", 3},
    Wording{"Failed to validate against any child schemas allowed by oneOf",
            "exactly one of path, url and command is needed", 4},
    Wording{"Failed to validate against exactly one child schema",
            "exactly one of path, url and command may be there", 4},
    Wording{"Failed to match against any enum", "this is none of the words that may stand here", 3},
    Wording{"Failed to match expected value set by 'const'", "must be \"recrank.scenario/1\"", 3},
    Wording{"Failed to match regex", "this is not of the form that is wanted here", 3},
    Wording{"Value type not permitted", "a value of this kind may not stand here", 1},
    Wording{"Failed to validate", "", 0},  // only says that something below is wrong
};

// The last text in single quotes; empty: none.
std::string quoted(const std::string& text) {
  const size_t last = text.rfind('\'');
  if (last == std::string::npos || last == 0) return {};
  const size_t first = text.rfind('\'', last - 1);
  return first == std::string::npos ? std::string() : text.substr(first + 1, last - first - 1);
}

struct Weighed {
  ScenarioComplaint complaint;
  int weight = 2;
};

// The library's context is {"<root>", "[expect]", "[0]", "[kind]"}.
Weighed weigh(const valijson::ValidationResults::Error& error) {
  Weighed weighed;
  for (size_t i = 1; i < error.context.size(); ++i) {
    const std::string& part = error.context[i];
    weighed.complaint.pointer =
        json_pointer(weighed.complaint.pointer, part.substr(1, part.size() - 2));
  }
  weighed.complaint.what = error.description;
  for (const Wording& wording : kWordings) {
    if (!error.description.starts_with(wording.begins)) continue;
    weighed.weight = wording.weight;
    weighed.complaint.what = std::string(wording.ours);
    if (!wording.ours.ends_with(' ')) break;
    const std::string name = quoted(error.description);
    weighed.complaint.what += "\"" + printable(name, 60) + "\"";
    if (wording.begins == kWordings.front().begins) {
      weighed.complaint.pointer = json_pointer(weighed.complaint.pointer, name);
    }
    break;
  }
  return weighed;
}

bool is_at_or_below(const std::string& pointer, const std::string& above) {
  return pointer.starts_with(above) &&
         (pointer.size() == above.size() || pointer[above.size()] == '/');
}

// Alternatives leave one complaint for each way in which a value might have been right, and every
// object repeats that something in it is wrong: what says most, deepest inside, is told.
std::vector<ScenarioComplaint> tellable(const std::vector<Weighed>& all) {
  std::vector<ScenarioComplaint> told;
  std::set<std::pair<std::string, std::string>> known;
  for (const Weighed& each : all) {
    const std::string& pointer = each.complaint.pointer;
    const bool outdone = std::any_of(all.begin(), all.end(), [&](const Weighed& other) {
      if (!is_at_or_below(other.complaint.pointer, pointer)) return false;
      const bool deeper = other.complaint.pointer.size() > pointer.size();
      return deeper ? each.weight <= 1 : other.weight > each.weight;
    });
    if (outdone || each.complaint.what.empty()) continue;
    if (known.emplace(pointer, each.complaint.what).second) told.push_back(each.complaint);
  }
  return told;
}

}  // namespace

std::vector<ScenarioComplaint> schema_complaints(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  const Adapter target(json);
  valijson::Schema schema;
  const nlohmann::json schema_json = nlohmann::json::parse(scenario_schema_text());
  valijson::SchemaParser(valijson::SchemaParser::kDraft7)
      .populateSchema(Adapter(schema_json), schema);
  valijson::ValidationResults results;
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  if (validator.validate(schema, target, &results)) return {};
  std::vector<Weighed> all;
  for (const auto& error : results) {
    if (all.size() == kErrorsMax) break;
    all.push_back(weigh(error));
  }
  std::vector<ScenarioComplaint> told = tellable(all);
  // The library said no, so nothing may come of it, whatever its words are.
  if (told.empty()) told.push_back({"", "it is not as docs/schemas/scenario.schema.json says"});
  return told;
}

}  // namespace recrank
