// Format: docs/formats/scenario.md
#include "harness/scenario/scenario_options.h"

#include <cmath>
#include <sstream>
#include <string>

#include "base/error.h"
#include "harness/request/option_table.h"

namespace recrank {
namespace {

std::string with_commas(const Json& list) {
  std::string text;
  for (const Json& each : list) text += (text.empty() ? "" : ",") + each.get<std::string>();
  return text;
}

std::string text_of(const ReplayOption& option, const Json& value,
                    const std::filesystem::path& directory) {
  switch (option.json.form) {
    case JsonForm::kText: return value.get<std::string>();
    case JsonForm::kList: return with_commas(value);
    case JsonForm::kPath: return (directory / value.get<std::string>()).lexically_normal().string();
    case JsonForm::kNumber:
    case JsonForm::kTruth:
    case JsonForm::kValue: break;
  }
  return value.dump();
}

// 2 rather than 2.0, as people write it.
Json number(double value) {
  const bool whole = value == std::floor(value) && value < 1e15;
  return whole ? Json(static_cast<uint64_t>(value)) : Json(value);
}

Json split(const std::string& list) {
  Json words = Json::array();
  std::istringstream in(list);
  for (std::string word; std::getline(in, word, ',');) words.push_back(word);
  return words;
}

Json json_of(const ReplayOption& option, const OptionText& given) {
  switch (option.json.form) {
    case JsonForm::kNumber: return number(std::stod(given.text));
    case JsonForm::kTruth: return given.text != "false";
    case JsonForm::kList: return split(given.text);
    case JsonForm::kValue: return Json::parse(given.text);
    case JsonForm::kText:
    case JsonForm::kPath: break;
  }
  return given.text;
}

}  // namespace

OptionValues options_in(const Json& scenario, const std::filesystem::path& directory) {
  OptionValues options;
  for (const ReplayOption& option : replay_options()) {
    const Json::json_pointer place{std::string(option.json.place)};
    if (option.json.place.empty() || !scenario.contains(place)) continue;
    const Json& value = scenario[place];
    if (!option.value.empty()) {
      options.set(option.name, text_of(option, value, directory));
    } else if (value.get<bool>()) {
      options.set(option.name);
    }
  }
  return options;
}

void add_options(Json& scenario, const OptionValues& options) {
  for (const ReplayOption& option : replay_options()) {
    const auto given = options.find(option.name);
    if (!given || !option.in_capsule()) continue;
    if (option.json.place.empty()) {
      throw Error(ErrorCode::kUnsupported, "a scenario cannot say --" + std::string(option.name) +
                                               ": " + std::string(option.json.why));
    }
    scenario[Json::json_pointer(std::string(option.json.place))] = json_of(option, *given);
  }
}

}  // namespace recrank
