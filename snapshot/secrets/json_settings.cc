#include "snapshot/secrets/json_settings.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace recrank {
namespace {

constexpr size_t kJsonDepthMax = 200;

// Reads ahead by one character, so that a place in the text is known.
class CountingIterator {
 public:
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  using iterator_category = std::input_iterator_tag;

  CountingIterator(const char* at, const char** seen) : at_(at), seen_(seen) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *seen_ = ++at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** seen_;
};

class Leaves : public nlohmann::json_sax<nlohmann::json> {
 public:
  Leaves(std::string_view text, const char** seen, const std::function<bool(const Setting&)>& visit)
      : text_(text), seen_(seen), visit_(visit) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override {
    return leaf(std::to_string(value), false);
  }
  bool number_unsigned(number_unsigned_t value) override {
    return leaf(std::to_string(value), false);
  }
  bool number_float(number_float_t, const string_t& text) override { return leaf(text, false); }
  bool string(string_t& value) override { return leaf(value, true); }
  bool binary(binary_t&) override { return true; }
  bool key(string_t& name) override {
    levels_.back().name = name;
    return true;
  }
  bool start_object(std::size_t) override { return enter(true); }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(false); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    damaged = true;
    return false;
  }

  bool damaged = false;
  bool told = false;

 private:
  struct Level {
    bool object = false;
    std::string name;                     // of the member that is being read
    std::optional<std::string> is_named;  // what its member "name" or "key" holds
  };

  bool enter(bool object) {
    damaged = levels_.size() >= kJsonDepthMax;
    if (!damaged) levels_.push_back({object, "", {}});
    return !damaged;
  }
  bool leave() {
    levels_.pop_back();
    return true;
  }
  bool leaf(const std::string& value, bool quoted) {
    Setting setting;
    for (const Level& level : levels_) {
      if (level.object) setting.names.push_back(level.name);
    }
    if (setting.names.empty()) return true;
    Level& level = levels_.back();
    // {"name":"PASSWORD","value":"…"}, as in lists of variables.
    const std::string& own = setting.names.back();
    if (level.object && (own == "name" || own == "key")) level.is_named = value;
    if (level.object && own == "value" && level.is_named) setting.names.back() = *level.is_named;
    setting.value = value;
    setting.quoted = quoted;
    setting.json = true;
    setting.offset = static_cast<size_t>(*seen_ - text_.data());
    if (setting.offset > 0) --setting.offset;
    told = visit_(setting);
    return !told;
  }

  std::string_view text_;
  const char** seen_;
  const std::function<bool(const Setting&)>& visit_;
  std::vector<Level> levels_;
};

}  // namespace

JsonSettings visit_json_settings(std::string_view text,
                                 const std::function<bool(const Setting&)>& visit) {
  const size_t first = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == text.npos || (text[first] != '{' && text[first] != '[')) {
    return JsonSettings::kNoJson;
  }
  const char* seen = text.data();
  Leaves leaves(text, &seen, visit);
  const CountingIterator begin(text.data(), &seen);
  const CountingIterator end(text.data() + text.size(), &seen);
  nlohmann::json::sax_parse(begin, end, &leaves, nlohmann::json::input_format_t::json, true, true);
  if (leaves.told) return JsonSettings::kTold;
  return leaves.damaged ? JsonSettings::kNoJson : JsonSettings::kSeen;
}

}  // namespace recrank
