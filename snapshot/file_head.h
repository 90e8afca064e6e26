// The beginning of a file, as formats look at it to recognise themselves.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace recrank {

// The members at the top of a JSON object, as far as the text goes: it may be cut off or torn, and
// then what was seen before that counts. Views into the text.
struct JsonTop {
  bool object = false;
  bool whole = false;                                             // the text is one complete object
  std::vector<std::pair<std::string, std::string_view>> members;  // name, raw value

  [[nodiscard]] bool has(std::string_view name) const;
  // The value of a member that is a string; empty for anything else.
  [[nodiscard]] std::string word(std::string_view name) const;
};
[[nodiscard]] JsonTop json_top(std::string_view text);

// Refers to `bytes`. One thread.
class FileHead {
 public:
  // Of the lines more are not looked at: a log may begin inside a torn line, so one is not enough.
  static constexpr size_t kLinesMax = 20;

  // `file` where the bytes are its own; nullopt where they come out of a packed one, of which no
  // more can be read.
  explicit FileHead(std::string_view bytes, std::optional<std::filesystem::path> file = {})
      : bytes_(bytes), file_(std::move(file)) {}

  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] const std::optional<std::filesystem::path>& file() const { return file_; }

  struct HeadLine {
    std::string_view text;
    JsonTop json;
  };
  // The first lines, the last of them perhaps cut off.
  [[nodiscard]] const std::vector<HeadLine>& lines() const;

 private:
  std::string_view bytes_;
  std::optional<std::filesystem::path> file_;
  mutable std::optional<std::vector<HeadLine>> lines_;
};

}  // namespace recrank
