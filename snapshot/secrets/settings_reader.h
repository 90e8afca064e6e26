// Names and values in texts of configuration, whatever their syntax.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace recrank {

struct Setting {
  std::vector<std::string> names;  // from the outermost; the last is its own
  std::string value;               // without quotes
  size_t offset = 0;               // in the text, of the line that it stands in
  bool quoted = false;
  bool json = false;  // of a whole JSON document
};

// Calls `visit` with each setting until it says true; whether it did. JSON is parsed as such. Other
// texts are read by lines: "name = value", "name: value", sections, nesting by indentation, lists,
// values on the next line, Environment= of systemd. It is no parser of YAML or TOML and never
// fails: a text that is neither or damaged gives what looks like settings in it.
bool visit_settings(std::string_view text, const std::function<bool(const Setting&)>& visit);

}  // namespace recrank
