// Format: docs/formats/swingset-2024.md ("Bundles")
#include "replay/agoric/source_texts.h"

#include <algorithm>
#include <vector>

#include "base/base64.h"
#include "base/error.h"
#include "base/json_cursor.h"
#include "snapshot/agoric/endo_zip.h"

namespace recrank::agoric {
namespace {

// As the supervisor has them since 2021 (agoric-sdk, supervisor-subprocess-xsnap.js).
constexpr std::string_view kDelivers = "return dispatch(vatDeliveryObject)";
constexpr std::string_view kCalls = "port.call(['syscall', vatSyscallObject])";
constexpr std::string_view kSourceUrl = "\n//# sourceURL=";

// From 1; 0: the text has no such line.
uint64_t line_of(std::string_view text, std::string_view words) {
  const size_t place = text.find(words);
  if (place == std::string_view::npos) return 0;
  return 1 + static_cast<uint64_t>(
                 std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(place), '\n'));
}

std::string_view line_at(std::string_view text, size_t place) {
  const size_t before = text.rfind('\n', place);
  const size_t begin = before == std::string_view::npos ? 0 : before + 1;
  return text.substr(begin, text.find('\n', place) - begin);
}

struct Module {
  std::string path;
  std::string text;
};

// One line of such a bundle is one module: ["text","name"],
std::optional<Module> module_on_line(std::string_view line) {
  if (!line.starts_with("[\"") || !line.ends_with("\"],")) return std::nullopt;
  line.remove_suffix(1);
  try {
    JsonCursor cursor(line);
    Module module;
    cursor.enter_array();
    if (!cursor.next_element()) return std::nullopt;
    module.text = cursor.string_value();
    if (!cursor.next_element()) return std::nullopt;
    module.path = std::string(kBundledSource) + cursor.string_value();
    return module;
  } catch (const Error&) {
    return std::nullopt;
  }
}

// A bundle of 2021 is one text with its name at the end.
Module whole_text(std::string_view source) {
  Module module{"", "(" + std::string(source)};
  const size_t url = source.rfind(kSourceUrl);
  if (url == std::string_view::npos) return module;
  const std::string_view rest = source.substr(url + kSourceUrl.size());
  module.path = rest.substr(0, rest.find('\n'));
  return module;
}

// "@endo/errors-v1.3.1/index.js" -> "errors/index.js": how a package is called in a path.
std::string path_of_member(std::string_view name) {
  if (name.starts_with('@')) name.remove_prefix(std::min(name.size(), name.find('/') + 1));
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::string(name);
  const std::string_view package = name.substr(0, slash);
  const size_t version = package.rfind("-v");
  return std::string(package.substr(0, version)) + std::string(name.substr(slash));
}

std::string text_of_member(std::string_view name, std::string_view content) {
  return with_context([&] { return "module " + std::string(name); },
                      [&]() -> std::string {
                        JsonCursor cursor(content);
                        cursor.enter_object();
                        while (const auto key = cursor.next_key()) {
                          if (*key == "__syncModuleProgram__") return cursor.string_value();
                          cursor.skip_value();
                        }
                        return {};
                      });
}

std::string zip_of(std::string_view bundle) {
  JsonCursor cursor(bundle);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "endoZipBase64") return decode_base64(cursor.string_value()).value_or("");
    cursor.skip_value();
  }
  return {};
}

}  // namespace

std::optional<SupervisorLines> find_supervisor_lines(std::string_view source) {
  const size_t place = source.find(kCalls);
  if (place == std::string_view::npos) return std::nullopt;
  const Module module = module_on_line(line_at(source, place)).value_or(whole_text(source));
  const SupervisorLines lines{module.path, line_of(module.text, kDelivers),
                              line_of(module.text, kCalls)};
  if (lines.path.empty() || lines.delivery_line == 0) return std::nullopt;
  return lines;
}

std::optional<std::string> module_of_program(std::string_view source, std::string_view path) {
  if (!path.starts_with(kBundledSource)) return std::nullopt;
  const std::string end = "\",\"" + std::string(path.substr(kBundledSource.size())) + "\"],";
  const size_t place = source.find(end);
  if (place == std::string_view::npos) return std::nullopt;
  std::optional<Module> module = module_on_line(line_at(source, place));
  if (!module) return std::nullopt;
  return std::move(module->text);
}

std::optional<std::string> module_of_bundle(std::string_view bundle, std::string_view path) {
  const std::string zip = zip_of(bundle);
  if (zip.empty()) return std::nullopt;
  for (const EndoZipMember& member : read_endo_zip(zip)) {
    const std::string known = path_of_member(member.name);
    const bool same = path.ends_with(known) &&
                      (path.size() == known.size() || path[path.size() - known.size() - 1] == '/');
    if (!same || member.content.substr(0, 1) != "{") continue;
    std::string text = text_of_member(member.name, member.content);
    if (!text.empty()) return text;
  }
  return std::nullopt;
}

}  // namespace recrank::agoric
