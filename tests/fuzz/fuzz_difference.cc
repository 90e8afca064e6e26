// Two texts, cut at the first zero byte: where they differ, what is shown of it, and what one step
// made of them is about. Nothing may be thrown.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "replay/agoric/capdata.h"
#include "replay/agoric/delivery_matter.h"
#include "replay/difference/decoded_json.h"
#include "replay/difference/difference.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void is_part_of(const recrank::Window& window, std::string_view text) {
  must(window.before + window.text.size() + window.after == text.size());
  must(text.substr(window.before, window.text.size()) == window.text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace recrank;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::string_view a = all.substr(0, all.find('\0'));
  const std::string_view b = all.substr(a.size() == all.size() ? a.size() : a.size() + 1);
  const auto found = find_difference(a, b, agoric::json_of_string);
  must(found.has_value() == (a != b));
  if (found) {
    is_part_of(found->whole.expected, a);
    is_part_of(found->whole.got, b);
    const bool shown = found->shown.expected.text != found->shown.got.text;
    must(shown || found->shown.expected.after != found->shown.got.after);
  }
  for (const std::string_view text : {a, b}) {
    must(!is_json(text) || is_json(decoded_json(text, agoric::json_of_string)));
  }
  Step step;
  step.delivery = a;
  step.calls = {{b, a}, {a, b}};
  static_cast<void>(agoric::matter_of_delivery(step));
  return 0;
}
