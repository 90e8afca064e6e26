// Where in a JSON text a value stands, so that a complaint about a file that people write names the
// line.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace recrank {

// Deepest nesting of such a file.
inline constexpr size_t kJsonPlaceDepthMax = 64;

// Both counted from 1; a column is in bytes.
struct JsonPlace {
  size_t line = 1;
  size_t column = 1;
};

// "12:5: expected ','": kInvalidData for text that is not JSON, that holds a key twice in one
// object, a number that no double can hold, or more than kJsonPlaceDepthMax levels. A value; any
// thread.
class JsonPlaces {
 public:
  [[nodiscard]] static JsonPlaces of(std::string_view text);

  // Of a JSON pointer (RFC 6901): of a member its key, of an element its value. What is not there
  // has the place of the nearest object or array around it.
  [[nodiscard]] JsonPlace find(std::string_view pointer) const;

 private:
  friend class JsonPlaceReader;
  struct Node {
    size_t number = 0;
    JsonPlace place;
  };
  // By the number of the value around it and the part of the pointer that leads on: the memory is
  // that of the text, however deep it is.
  std::map<std::pair<size_t, std::string>, Node> nodes_;
  JsonPlace root_;
};

// `pointer` with one more part, escaped.
[[nodiscard]] std::string json_pointer(std::string_view pointer, std::string_view part);

// Line and column of a byte.
[[nodiscard]] JsonPlace place_of_byte(std::string_view text, size_t byte);

}  // namespace recrank
