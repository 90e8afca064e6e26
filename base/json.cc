#include "base/json.h"

#include "base/error.h"
#include "base/json_place.h"

namespace recrank {

namespace {

[[noreturn]] void refuse(std::string_view text, size_t byte) {
  const JsonPlace place = place_of_byte(text, byte > 0 ? byte - 1 : 0);
  throw Error(ErrorCode::kInvalidData, std::to_string(place.line) + ":" +
                                           std::to_string(place.column) +
                                           ": it is not JSON in UTF-8");
}

}  // namespace

Json parse_json(std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& failure) {
    refuse(text, failure.byte);
  } catch (const Json::out_of_range&) {  // a number that no double holds
    refuse(text, 0);
  }
}

std::string json_text(const Json& json, int indent) { return json.dump(indent); }

}  // namespace recrank
