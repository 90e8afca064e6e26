// Format: docs/formats/xsbug.md
#include "replay/agoric/xsbug_messages.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include <pugixml.hpp>

#include "base/text.h"

namespace recrank::agoric {
namespace {

constexpr std::string_view kBegin = "<xsbug>";
constexpr std::string_view kEnd = "</xsbug>\r\n";
constexpr size_t kPathBytesMax = 255;
constexpr uint64_t kLineMax = 0x7FFF;
constexpr size_t kFramesMax = 1000;
constexpr size_t kVariablesMax = 200;
constexpr size_t kValueBytesMax = 2000;

std::string attribute(const pugi::xml_node& node, const char* name) {
  return printable(node.attribute(name).as_string(), kValueBytesMax);
}

// "# Break: breakpoint!\n" -> "breakpoint"
std::string words_of_break(std::string_view text) {
  constexpr std::string_view kHead = "# Break: ";
  if (text.starts_with(kHead)) text.remove_prefix(kHead.size());
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('!')) text.remove_suffix(1);
  return std::string(text);
}

XsbugFrame frame_of(const pugi::xml_node& node) {
  XsbugFrame result;
  result.frame.function = attribute(node, "name");
  result.frame.path = attribute(node, "path");
  result.frame.line = result.frame.path.empty() ? 0 : node.attribute("line").as_ullong();
  result.address = attribute(node, "value");
  return result;
}

// Objects have an address for a value, which says nothing to anybody, and large whole numbers come
// in hex: "0x10n".
std::string value_of(const pugi::xml_node& node) {
  std::string value = attribute(node, "value");
  if (value.starts_with('@')) return "{…}";
  const bool negative = value.starts_with("-0x");
  if ((!negative && !value.starts_with("0x")) || !value.ends_with('n')) return value;
  const std::string_view digits =
      std::string_view(value).substr(negative ? 3 : 2, value.size() - (negative ? 4 : 3));
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return value;
  return (negative ? "-" : "") + std::to_string(number) + "n";
}

void read_variables(const pugi::xml_node& local, XsbugMessage& message) {
  message.variables_of = attribute(local, "value");
  for (const pugi::xml_node& each : local.children("property")) {
    if (message.variables.size() == kVariablesMax) return;
    std::string name = attribute(each, "name");
    // Those of the machine: "(function)", "(return)", "new.target".
    if (name.empty() || name.front() == '(' || name == "new.target") continue;
    // Not set yet: the line that does it has not run.
    if (!each.attribute("value")) continue;
    message.variables.push_back({std::move(name), value_of(each)});
  }
}

}  // namespace

std::optional<XsbugMessage> parse_xsbug(std::string_view message, std::string& problem) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(message.data(), message.size(),
                           pugi::parse_default | pugi::parse_ws_pcdata_single, pugi::encoding_utf8);
  const pugi::xml_node root = document.child("xsbug");
  if (!parsed || !root) {
    problem = parsed ? "it has no <xsbug>" : parsed.description();
    return std::nullopt;
  }
  XsbugMessage result;
  result.login = static_cast<bool>(root.child("login"));
  for (const pugi::xml_node& each : root.children("log")) result.log += each.text().get();
  for (const pugi::xml_node& each : root.child("frames").children("frame")) {
    if (result.frames.size() == kFramesMax) break;
    result.frames.push_back(frame_of(each));
  }
  if (const pugi::xml_node local = root.child("local")) read_variables(local, result);
  if (const pugi::xml_node stop = root.child("break")) {
    result.stopped = true;
    result.break_path = attribute(stop, "path");
    result.break_line = stop.attribute("line").as_ullong();
    result.break_words = words_of_break(stop.text().get());
  }
  return result;
}

bool XsbugReader::add(std::string_view bytes) {
  if (taken_ > 0) {
    bytes_.erase(0, taken_);
    searched_ -= std::min(searched_, taken_);
    taken_ = 0;
  }
  bytes_ += bytes;
  return bytes_.size() <= kXsbugMessageBytesMax || bytes_.find(kEnd) != std::string::npos;
}

std::optional<XsbugMessage> XsbugReader::next() {
  const size_t end = bytes_.find(kEnd, std::max(taken_, searched_));
  if (end == std::string::npos) {
    // An end may lie across two pieces.
    searched_ = bytes_.size() > kEnd.size() ? bytes_.size() - kEnd.size() : 0;
    return std::nullopt;
  }
  std::string_view message(bytes_);
  message = message.substr(taken_, end + kEnd.size() - taken_);
  taken_ = searched_ = end + kEnd.size();
  const size_t begin = message.find(kBegin);
  if (begin != std::string_view::npos) message.remove_prefix(begin);
  std::optional<XsbugMessage> parsed = parse_xsbug(message, problem_);
  return parsed ? std::move(parsed) : XsbugMessage();
}

std::optional<std::string> xsbug_set_breakpoint(std::string_view path, uint64_t line) {
  const bool tellable = !path.empty() && path.size() <= kPathBytesMax &&
                        path.find('"') == std::string_view::npos && line >= 1 && line <= kLineMax;
  if (!tellable) return std::nullopt;
  return "\r\n<set-breakpoint path=\"" + std::string(path) + "\" line=\"" + std::to_string(line) +
         "\"/>\r\n";
}

std::string xsbug_select(std::string_view address) {
  return "\r\n<select id=\"" + std::string(address) + "\"/>\r\n";
}

}  // namespace recrank::agoric
