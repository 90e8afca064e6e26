#include "harness/cli/call_files.h"

#include <filesystem>
#include <map>
#include <sstream>
#include <system_error>

#include "base/error.h"
#include "base/text.h"
#include "harness/engines/engine_registry.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

struct NamedFile {
  std::string option;  // empty: a word of the call
  std::string text;
  Names names = Names::kNothing;
};

std::vector<NamedFile> named_files(const ArgumentSpec& spec, const Arguments& arguments) {
  std::vector<NamedFile> files;
  for (const ArgumentGroup& group : spec.groups) {
    for (const ArgumentOption& option : group.options) {
      const std::string name = option.name.substr(0, option.name.find(','));
      const auto value = option.names == Names::kNothing ? std::nullopt : arguments.text(name);
      if (value) files.push_back({name, *value, option.names});
    }
  }
  const std::vector<std::string>& words = arguments.positional();
  for (size_t i = spec.positional_named; i < words.size(); ++i) {
    files.push_back({"", words[i], spec.positional_names});
  }
  return files;
}

void protect_list(const std::string& list, Outputs& outputs) {
  if (list.starts_with('@')) outputs.protect(list.substr(1), Reads::kFiles);
  outputs.protect(list, Reads::kFiles);  // a directory of engines
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) outputs.protect(word, Reads::kFiles);
}

void protect(const NamedFile& file, Outputs& outputs) {
  switch (file.names) {
    case Names::kRecording: return outputs.protect(file.text, Reads::kRecording);
    case Names::kInput: return outputs.protect(file.text, Reads::kFiles);
    case Names::kInputs: return protect_list(file.text, outputs);
    case Names::kNothing:
    case Names::kReport:
    case Names::kOutput: return;
  }
}

// Where it goes; empty for what can be written several times, and for what is not written.
fs::path settle(const NamedFile& file, const Outputs& outputs) {
  if (file.names == Names::kReport && file.text != kStandardOutput) {
    const OutputPlace place = outputs.place_of(file.text);
    return place.way == OutputPlace::Way::kThrough ? fs::path() : place.path;
  }
  if (file.names != Names::kOutput) return {};
  outputs.require_apart(file.text);
  std::error_code error;
  return fs::weakly_canonical(file.text, error);
}

}  // namespace

void settle_files(const ArgumentSpec& spec, const Arguments& arguments, Outputs& outputs) {
  const std::vector<NamedFile> files = named_files(spec, arguments);
  for (const NamedFile& file : files) protect(file, outputs);
  outputs.protect(user_engines_file(), Reads::kFiles);
  std::map<fs::path, std::string> taken;
  for (const NamedFile& file : files) {
    const std::string option = "--" + file.option;
    const fs::path place =
        with_context([&] { return option; }, [&] { return settle(file, outputs); });
    if (place.empty()) continue;
    const auto [other, is_new] = taken.emplace(place, option);
    if (is_new) continue;
    throw Error(ErrorCode::kUsage,
                other->second + " and " + option + " name the same file: " + printable(file.text));
  }
}

}  // namespace recrank
