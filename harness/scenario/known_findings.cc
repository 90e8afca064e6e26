#include "harness/scenario/known_findings.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/fd.h"
#include "base/json_place.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr const char* kKnownSchema = "recrank.known/1";
constexpr size_t kKnownFileBytesMax = 4 << 20;
constexpr size_t kFindingsMax = 100'000;

// The file while it is read: knows where each value stands.
class KnownFile {
 public:
  KnownFile(std::string name, const std::string& text) : name_(std::move(name)) {
    places_ = with_context([&] { return name_; }, [&] { return JsonPlaces::of(text); });
    json_ = nlohmann::json::parse(text);
  }

  [[nodiscard]] std::vector<KnownFinding> findings() const {
    if (!json_.is_object() || json_.value("schema", nlohmann::json()) != kKnownSchema) {
      fail("/schema", std::string("its schema is not ") + kKnownSchema);
    }
    check_members(json_, "", {"schema", "findings", "note"});
    if (!json_.contains("findings") || !json_["findings"].is_array())
      fail("", "it has no list \"findings\"");
    if (json_["findings"].size() > kFindingsMax)
      fail("/findings", "more than " + format_count(kFindingsMax));
    std::vector<KnownFinding> all;
    for (size_t i = 0; i < json_["findings"].size(); ++i) all.push_back(finding(i));
    return all;
  }

 private:
  [[noreturn]] void fail(const std::string& pointer, const std::string& what) const {
    throw Error(ErrorCode::kInvalidData,
                name_ + ":" + std::to_string(places_.find(pointer).line) + ": " + what);
  }

  void check_members(const nlohmann::json& object, const std::string& pointer,
                     const std::vector<std::string_view>& known) const {
    for (const auto& [name, value] : object.items()) {
      if (std::find(known.begin(), known.end(), name) != known.end()) continue;
      fail(json_pointer(pointer, name), "unknown member \"" + printable(name, 60) + "\"");
    }
  }

  [[nodiscard]] std::string text(const nlohmann::json& object, const std::string& pointer,
                                 const char* name) const {
    if (!object.contains(name)) return {};
    if (!object[name].is_string())
      fail(json_pointer(pointer, name), std::string(name) + " is not a string");
    return printable(object[name].get<std::string>());
  }

  [[nodiscard]] KnownFinding finding(size_t index) const {
    const nlohmann::json& object = json_["findings"][index];
    const std::string pointer = json_pointer("/findings", std::to_string(index));
    if (!object.is_object()) fail(pointer, "a finding is not an object");
    check_members(object, pointer, {"signature", "issue", "url", "note"});
    KnownFinding known{text(object, pointer, "signature"), text(object, pointer, "issue"),
                       text(object, pointer, "url"), text(object, pointer, "note")};
    if (known.signature.empty()) fail(pointer, "a finding needs a \"signature\"");
    if (known.issue.empty())
      fail(pointer, "a finding needs an \"issue\": the id that its tracker gives it");
    const bool everything = known.signature.find_first_not_of('*') == std::string::npos;
    if (everything)
      fail(json_pointer(pointer, "signature"),
           "a signature of \"*\" alone would make every finding known");
    return known;
  }

  std::string name_;
  JsonPlaces places_;
  nlohmann::json json_;
};

}  // namespace

std::vector<KnownFinding> load_known_findings(const std::filesystem::path& file) {
  return KnownFile(file.string(), read_small_file(file, kKnownFileBytesMax)).findings();
}

std::optional<KnownFinding> find_known(const std::vector<KnownFinding>& known,
                                       std::string_view finding) {
  const auto found = std::find_if(known.begin(), known.end(), [&](const KnownFinding& each) {
    return matches_pattern(each.signature, finding);
  });
  return found == known.end() ? std::nullopt : std::optional(*found);
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  size_t at = 0;
  size_t in_pattern = 0;
  size_t star = std::string_view::npos;  // the last one that was met, and where its text ends
  size_t star_end = 0;
  while (at < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      star_end = at;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star + 1;
      at = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

}  // namespace recrank
