// What was given to options, by name: on a command line, in a scenario, by a capsule. What is wrong
// with a value is kUsage, one line that names the option.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace recrank {

// One option and the text that was given to it.
struct OptionText {
  std::string name;  // "memory-limit"
  std::string text;  // "1500MB"; empty where it takes none

  [[nodiscard]] uint64_t number() const;
  [[nodiscard]] uint64_t number(uint64_t least, uint64_t most) const;
  [[nodiscard]] double seconds() const;
  // Above 0 and up to 1.
  [[nodiscard]] double share() const;
  [[nodiscard]] uint64_t bytes() const;
  // Anything but one of `choices` is refused with a list of them.
  [[nodiscard]] const std::string& choice(std::initializer_list<std::string_view> choices) const;
  // "--memory-limit takes `wanted`, not 'many'".
  [[noreturn]] void refuse(std::string_view wanted) const;
};

class OptionValues {
 public:
  void set(std::string_view name, std::string text = {}) {
    given_[std::string(name)] = std::move(text);
  }

  [[nodiscard]] bool has(std::string_view name) const { return given_.contains(name); }
  // Of one that takes no value.
  [[nodiscard]] bool flag(std::string_view name) const { return has(name); }
  // nullopt, here and below: it was not given.
  [[nodiscard]] std::optional<OptionText> find(std::string_view name) const;
  template <typename Reader>
  [[nodiscard]] auto read(std::string_view name, Reader reader) const {
    const std::optional<OptionText> given = find(name);
    return given ? std::optional(reader(*given)) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const {
    return read(name, [](const OptionText& given) { return given.text; });
  }
  [[nodiscard]] std::optional<uint64_t> number(std::string_view name) const {
    return read(name, [](const OptionText& given) { return given.number(); });
  }
  [[nodiscard]] std::optional<uint64_t> number(std::string_view name, uint64_t least,
                                               uint64_t most) const {
    return read(name, [&](const OptionText& given) { return given.number(least, most); });
  }
  [[nodiscard]] std::optional<double> seconds(std::string_view name) const {
    return read(name, [](const OptionText& given) { return given.seconds(); });
  }
  [[nodiscard]] std::optional<double> share(std::string_view name) const {
    return read(name, [](const OptionText& given) { return given.share(); });
  }
  [[nodiscard]] std::optional<uint64_t> bytes(std::string_view name) const {
    return read(name, [](const OptionText& given) { return given.bytes(); });
  }
  [[nodiscard]] std::optional<std::string> choice(
      std::string_view name, std::initializer_list<std::string_view> choices) const {
    return read(name, [&](const OptionText& given) { return given.choice(choices); });
  }

  // These, and those of `fallback` that are not among them.
  [[nodiscard]] OptionValues over(const OptionValues& fallback) const;
  friend bool operator==(const OptionValues&, const OptionValues&) = default;

 private:
  std::map<std::string, std::string, std::less<>> given_;
};

}  // namespace recrank
