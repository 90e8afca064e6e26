#include "replay/crash/steady_words.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace recrank {
namespace {

// A hash, an address or an identifier that a program made up: shorter ones may be words.
constexpr size_t kHexDigitsMin = 8;
constexpr std::string_view kSchemeEnd = "://";

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

bool ends_path(char c) {
  return std::string_view(" \t'\"`()[]{}<>,;|").find(c) != std::string_view::npos;
}

// Whether a '/' at `at` begins a path, or follows the dots or the tilde that do: "read/write" and
// "and / or" hold none.
bool begins_path(std::string_view text, size_t at) {
  size_t begin = at;
  while (begin > 0 && (text[begin - 1] == '.' || text[begin - 1] == '~')) --begin;
  const bool at_word = begin == 0 || ends_path(text[begin - 1]) || text[begin - 1] == '=' ||
                       text[begin - 1] == ':' || text[begin - 1] == '@';
  return at_word && at + 1 < text.size() && !ends_path(text[at + 1]);
}

// "client.js:1116" of "/srv/ssh2/lib/client.js:1116:16": the base name, with what follows it.
std::string_view last_part_of(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

std::string_view word_at(std::string_view text, size_t at) {
  const auto* const end = std::find_if(text.begin() + static_cast<ptrdiff_t>(at), text.end(),
                                       [](char c) { return ends_path(c); });
  return text.substr(at, static_cast<size_t>(end - text.begin()) - at);
}

// "123e4567-e89b-12d3-a456-426614174000".
bool begins_with_uuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() < kForm.size()) return false;
  return std::equal(kForm.begin(), kForm.end(), text.begin(),
                    [](char form, char c) { return form == 'x' ? is_hex(c) : c == form; });
}

// The bytes of a number, an address, an identifier or a long run of hexadecimal digits that begins
// at `at`; 0: none does. Only at the beginning of a word are letters taken for digits.
size_t number_bytes(std::string_view text, size_t at) {
  const auto run = [&](size_t from, bool (*belongs)(char)) {
    size_t end = from;
    while (end < text.size() && belongs(text[end])) ++end;
    return end;
  };
  const bool begins_word = at == 0 || !is_alnum(text[at - 1]);
  constexpr size_t kUuidBytes = 36;
  if (begins_word && begins_with_uuid(text.substr(at))) return kUuidBytes;
  const size_t hex = run(at, is_hex);
  const bool whole = hex == text.size() || !is_alnum(text[hex]);
  if (begins_word && whole && hex - at >= kHexDigitsMin &&
      std::any_of(text.begin() + static_cast<ptrdiff_t>(at),
                  text.begin() + static_cast<ptrdiff_t>(hex), is_digit)) {
    return hex - at;
  }
  if (!is_digit(text[at])) return 0;
  if (text.substr(at).starts_with("0x")) return run(at + 2, is_hex) - at;
  return run(at, is_digit) - at;
}

std::string without_numbers(std::string_view text) {
  std::string words;
  for (size_t i = 0; i < text.size();) {
    const size_t number = number_bytes(text, i);
    words += number > 0 ? '#' : text[i];
    i += std::max<size_t>(number, 1);
  }
  return words;
}

std::string without_directories(std::string_view text) {
  std::string words;
  for (size_t i = 0; i < text.size();) {
    if (text.substr(i).starts_with(kSchemeEnd) && !words.ends_with("file")) {  // an address
      const std::string_view rest = word_at(text, i);
      words += rest;
      i += rest.size();
    } else if (text[i] == '/' && begins_path(text, i)) {
      const std::string_view path = word_at(text, i);
      while (words.ends_with('.') || words.ends_with('~')) words.pop_back();
      words += last_part_of(path);
      i += path.size();
    } else {
      words += text[i++];
    }
  }
  return words;
}

}  // namespace

std::string steady_words(std::string_view message) {
  message = message.substr(0, message.find('\n'));
  return printable(without_numbers(without_directories(message)), kSteadyBytesMax);
}

}  // namespace recrank
