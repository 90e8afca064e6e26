#include "replay/agoric/xsnap_meter.h"

#include <algorithm>

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank::agoric {
namespace {

// Where the XS machine itself gives up (xsnap-worker.c, allocationLimit).
constexpr uint64_t kAllocateMax = uint64_t{2} << 30;

void parse_array(JsonCursor& cursor, MeterFigures& figures) {
  cursor.enter_array();
  if (!cursor.next_element()) return;
  cursor.skip_value();
  if (cursor.next_element()) figures.allocate = cursor.uint_value();
}

void parse_object(JsonCursor& cursor, MeterFigures& figures) {
  cursor.enter_object();
  while (const std::optional<std::string_view> key = cursor.next_key()) {
    const auto* const field = std::find_if(kMeterFields.begin(), kMeterFields.end(),
                                           [&](const MeterField& f) { return f.name == *key; });
    if (field == kMeterFields.end()) {
      cursor.skip_value();
    } else {
      figures.*(field->value) = cursor.uint_value();
    }
  }
}

}  // namespace

MeterFigures parse_meter(std::string_view json) {
  MeterFigures figures;
  figures.allocate_max = kAllocateMax;
  if (json.empty()) return figures;
  try {
    JsonCursor cursor(json);
    if (cursor.peek_kind() == '[') {
      parse_array(cursor, figures);
    } else {
      parse_object(cursor, figures);
    }
  } catch (const Error&) {
    // What was read so far is as good as the rest would have been.
  }
  return figures;
}

}  // namespace recrank::agoric
