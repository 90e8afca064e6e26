#include "snapshot/setup.h"

#include <algorithm>
#include <utility>

namespace recrank {
namespace {

template <typename Texts>
auto find_text(Texts& texts, std::string_view name) {
  return std::find_if(texts.begin(), texts.end(),
                      [&](const SetupText& each) { return each.name == name; });
}

}  // namespace

void Setup::set(std::string_view name, std::optional<std::string> text) {
  if (!text) return;
  const auto known = find_text(texts_, name);
  if (known == texts_.end()) texts_.push_back({std::string(name), *std::move(text)});
  else known->text = *std::move(text);
}

void Setup::drop(std::string_view name) {
  std::erase_if(texts_, [&](const SetupText& each) { return each.name == name; });
}

const std::string* Setup::find(std::string_view name) const {
  const auto known = find_text(texts_, name);
  return known == texts_.end() ? nullptr : &known->text;
}

void Setup::miss(std::string_view name, std::string what) {
  const auto known = find_text(missing_, name);
  if (known == missing_.end()) missing_.push_back({std::string(name), std::move(what)});
  else known->text = std::move(what);
}

std::string Setup::missing(std::string_view name) const {
  const auto known = find_text(missing_, name);
  return known == missing_.end() ? "" : known->text;
}

void Setup::lay_over(const Setup& over) {
  if (!over.label.empty()) label = over.label;
  for (const SetupText& each : over.texts_) set(each.name, each.text);
}

}  // namespace recrank
