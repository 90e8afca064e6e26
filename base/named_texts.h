// Texts by their names, in the order in which they came; few enough to be searched one by one.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recrank {

struct NamedText {
  std::string name;
  std::string text;
  friend bool operator==(const NamedText&, const NamedText&) = default;
};

class NamedTexts {
 public:
  // Takes the place of a text of that name; nullopt leaves things as they are.
  void set(std::string_view name, std::optional<std::string> text) {
    if (!text) return;
    const auto known = std::find_if(all_.begin(), all_.end(),
                                    [&](const NamedText& each) { return each.name == name; });
    if (known == all_.end()) all_.push_back({std::string(name), *std::move(text)});
    else known->text = *std::move(text);
  }
  void drop(std::string_view name) {
    std::erase_if(all_, [&](const NamedText& each) { return each.name == name; });
  }
  void lay_over(const NamedTexts& over) {
    for (const NamedText& each : over.all_) set(each.name, each.text);
  }
  // Null: there is none of that name. Valid until the next change.
  [[nodiscard]] const std::string* find(std::string_view name) const {
    const auto known = std::find_if(all_.begin(), all_.end(),
                                    [&](const NamedText& each) { return each.name == name; });
    return known == all_.end() ? nullptr : &known->text;
  }
  // The same as a copy; nullopt: there is none.
  [[nodiscard]] std::optional<std::string> get(std::string_view name) const {
    const std::string* text = find(name);
    return text == nullptr ? std::nullopt : std::optional(*text);
  }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] const std::vector<NamedText>& all() const { return all_; }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  friend bool operator==(const NamedTexts&, const NamedTexts&) = default;

 private:
  std::vector<NamedText> all_;
};

}  // namespace recrank
