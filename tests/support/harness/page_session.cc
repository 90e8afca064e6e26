#include "tests/support/harness/page_session.h"

#include <cctype>
#include <regex>
#include <sstream>

namespace recrank::testing_support {
namespace {

constexpr std::string_view kAnything = "…";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<PageCommand> commands_of_block(const std::vector<std::string>& block, size_t first) {
  std::vector<PageCommand> commands;
  if (!block.empty() && block.front().starts_with("#!")) return commands;  // a script
  bool in_remarks = false;
  for (size_t i = 0; i < block.size(); ++i) {
    const std::string& line = block[i];
    if (line.starts_with("$ ")) {
      commands.push_back({first + i, line.substr(2), {}});
      in_remarks = false;
    } else if (!commands.empty() && commands.back().text.ends_with('\\')) {
      commands.back().text += "\n" + line;
    } else if (!commands.empty() && !in_remarks) {
      commands.back().output.push_back(line);
    } else if (line.starts_with("recrank ")) {
      commands.push_back({first + i, line.substr(0, line.find("  ")), {}});
      in_remarks = true;
    }
  }
  for (PageCommand& each : commands) {
    while (!each.output.empty() && each.output.back().empty()) each.output.pop_back();
  }
  return commands;
}

bool stands_for_lines(std::string_view shown) {
  const size_t text = shown.find_first_not_of(' ');
  if (text == std::string_view::npos) return false;
  const std::string_view line = shown.substr(text);
  return line.starts_with(kAnything) ||
         (line.size() > 1 && line[0] == '#' && std::isdigit(line[1]) != 0);
}

// What a line of a page stands for.
std::regex pattern_of(std::string shown) {
  const auto replace = [&](const char* what, const char* by) {
    shown = std::regex_replace(shown, std::regex(what), by);
  };
  replace(R"([.^$|()\[\]{}*+?\\])", R"(\$&)");
  replace(R"(0x[0-9a-f]+)", "0x[0-9a-f]+");
  replace(R"(\bcode [0-9a-f]+)", "code [0-9a-f]+");
  replace(R"([0-9][0-9,]*(\\\.[0-9]+)?(?= (s|steps/s|ms|KiB|MiB|GiB|more frames)\b))",
          "[0-9][0-9,.]*");
  replace(R"( +)", " +");
  replace("…", ".*");
  return std::regex(" *" + shown + " *");
}

}  // namespace

std::vector<PageCommand> commands_of_page(const std::string& page_text) {
  std::vector<PageCommand> commands;
  std::vector<std::string> block;
  size_t first = 0;
  bool inside = false;
  const std::vector<std::string> lines = lines_of(page_text);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].starts_with("```")) {
      if (inside) block.push_back(lines[i]);
      continue;
    }
    if (inside) {
      const std::vector<PageCommand> more = commands_of_block(block, first);
      commands.insert(commands.end(), more.begin(), more.end());
    }
    block.clear();
    first = i + 2;
    inside = !inside;
  }
  return commands;
}

std::string difference(const PageCommand& command, const std::string& printed) {
  const std::vector<std::string> lines = lines_of(printed);
  size_t at = 0;
  bool anything = false;  // the page leaves lines out here
  for (size_t i = 0; i < command.output.size(); ++i) {
    const std::string& shown = command.output[i];
    if (stands_for_lines(shown)) {
      anything = true;
      continue;
    }
    const std::regex pattern = pattern_of(shown);
    size_t found = at;
    while (anything && found < lines.size() && !std::regex_match(lines[found], pattern)) ++found;
    if (found == lines.size() || !std::regex_match(lines[found], pattern)) {
      return "line " + std::to_string(command.line + 1 + i) + " of the page shows\n  " + shown +
             "\nand printed was" +
             (at < lines.size() ? "\n  " + lines[at] : std::string(" nothing more")) +
             "\nin all:\n" + printed;
    }
    at = found + 1;
    anything = false;
  }
  if (at == lines.size() || anything) return "";
  return "the page of line " + std::to_string(command.line) + " ends before\n  " + lines[at] +
         "\nin all:\n" + printed;
}

}  // namespace recrank::testing_support
