#include "replay/crash/steady_words.h"

#include <cctype>

#include "base/text.h"

namespace recrank {

std::string steady_words(std::string_view message) {
  message = message.substr(0, message.find('\n'));
  std::string words;
  for (size_t i = 0; i < message.size(); ++i) {
    const auto c = static_cast<unsigned char>(message[i]);
    if (c == '/') {
      // The last word becomes the base name of a path.
      while (!words.empty() && words.back() != ' ' && words.back() != '\'' && words.back() != '"') {
        words.pop_back();
      }
    } else if (std::isdigit(c) != 0) {
      const bool is_hex = c == '0' && i + 1 < message.size() && message[i + 1] == 'x';
      if (is_hex) ++i;
      const auto more = [&](unsigned char next) {
        return is_hex ? std::isxdigit(next) != 0 : std::isdigit(next) != 0;
      };
      while (i + 1 < message.size() && more(static_cast<unsigned char>(message[i + 1]))) ++i;
      words += '#';
    } else {
      words += message[i];
    }
  }
  return printable(words, kSteadyBytesMax);
}

}  // namespace recrank
