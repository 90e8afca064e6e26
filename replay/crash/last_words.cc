#include "replay/crash/last_words.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/escape_sequences.h"
#include "base/text.h"
#include "replay/crash/steady_words.h"
#include "replay/crash/word_lines.h"

namespace recrank {
namespace {

bool is_letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool is_part_of_a_date(std::string_view word) {
  constexpr std::array<std::string_view, 21> kNames{
      "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr",
      "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "UTC", "GMT"};
  return std::find(kNames.begin(), kNames.end(), word) != kNames.end();
}

// Of a UUID the groups without a digit belong to it as well.
bool is_hex_group(std::string_view word) {
  return (word.size() == 4 || word.size() == 8 || word.size() == 12) &&
         std::all_of(word.begin(), word.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
}

bool has_digit(std::string_view word) { return std::any_of(word.begin(), word.end(), is_digit); }

// Words with digits are "#". What stands between two of them, and is no word, goes with them.
std::string without_numbered_words(std::string_view line) {
  std::string out;
  std::string between;  // behind the last "#"
  bool behind_number = false;
  for (size_t at = 0; at < line.size();) {
    size_t end = at;
    while (end < line.size() && is_letter_or_digit(line[end])) ++end;
    if (end == at) {
      between += line[at++];
      continue;
    }
    const std::string_view word = line.substr(at, end - at);
    const bool hyphened = between == "-" || (end < line.size() && line[end] == '-');
    const bool belongs =
        behind_number && (is_part_of_a_date(word) || (hyphened && is_hex_group(word)));
    const bool number = has_digit(word) || belongs;
    const bool joins = number && behind_number && between.size() <= 2 &&
                       between.find_first_not_of(" .,:+-T") == std::string::npos;
    if (!joins) out += between;
    if (!number) out += word;
    else if (!joins) out += '#';
    between.clear();
    behind_number = number;
    at = end;
  }
  return out + between;
}

}  // namespace

std::string steady_last_line(std::string_view words) {
  std::string store;
  const std::string_view plain = without_escapes(words, store);
  const WordLines lines = lines_of_words(plain);
  if (lines.empty()) return "";
  const auto head = std::find_if(lines.rbegin(), lines.rend(), [](std::string_view line) {
    return !line.empty() && line.front() != ' ' && line.front() != '\t';
  });
  const std::string_view line = head == lines.rend() ? lines.back() : *head;
  return steady_words(without_numbered_words(without_spaces(line)));
}

}  // namespace recrank
