#include "harness/request/option_values.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

double positive(const OptionText& given, double most, std::string_view wanted) {
  const std::string& text = given.text;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !(number > 0) || number > most) given.refuse(wanted);
  return number;
}

}  // namespace

void OptionText::refuse(std::string_view wanted) const {
  throw Error(ErrorCode::kUsage, "--" + name + " takes " + std::string(wanted) + ", not '" +
                                     printable(text, 100) + "'");
}

uint64_t OptionText::number() const {
  const auto number = parse_uint(text);
  if (!number) refuse("a whole number");
  return *number;
}

uint64_t OptionText::number(uint64_t least, uint64_t most) const {
  const uint64_t value = number();
  if (value >= least && value <= most) return value;
  throw Error(ErrorCode::kUsage, "--" + name + " takes a number from " + std::to_string(least) +
                                     " to " + std::to_string(most));
}

double OptionText::seconds() const { return positive(*this, 1e9, "a number of seconds above 0"); }

double OptionText::share() const {
  return positive(*this, 1, "a share above 0 and up to 1, such as 0.5");
}

uint64_t OptionText::bytes() const {
  const auto number = parse_bytes(text);
  if (!number || *number == 0) refuse("a size such as 1500MB or 2GiB");
  return *number;
}

const std::string& OptionText::choice(std::initializer_list<std::string_view> choices) const {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
  std::string wanted = "one of";
  for (const std::string_view each : choices) wanted += " " + std::string(each);
  refuse(wanted);
}

std::optional<OptionText> OptionValues::find(std::string_view name) const {
  const auto at = given_.find(name);
  if (at == given_.end()) return std::nullopt;
  return OptionText{at->first, at->second};
}

OptionValues OptionValues::over(const OptionValues& fallback) const {
  OptionValues both = *this;
  both.given_.insert(fallback.given_.begin(), fallback.given_.end());
  return both;
}

}  // namespace recrank
