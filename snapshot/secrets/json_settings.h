// The settings of a JSON document (settings_reader.h).
#pragma once

#include <functional>
#include <string_view>

#include "snapshot/secrets/settings_reader.h"

namespace recrank {

enum class JsonSettings {
  kNoJson,  // or damaged: what was visited may be visited again by other means
  kSeen,
  kTold,  // a visit said true
};

[[nodiscard]] JsonSettings visit_json_settings(std::string_view text,
                                               const std::function<bool(const Setting&)>& visit);

}  // namespace recrank
