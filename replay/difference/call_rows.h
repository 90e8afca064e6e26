// The calls of a step side by side, for people: runs of equal ones counted, the others shown.
#pragma once

#include <cstddef>
#include <vector>

#include "replay/difference/window.h"

namespace recrank {

enum class CallRowKind {
  kEqual,    // `count` calls that are the recorded ones
  kWrong,    // another call in this place: both
  kExtra,    // only made, before this recorded one: `got`
  kMissing,  // only recorded: `expected`
  kNotSeen,  // `count` recorded calls that were not looked at any more
  kMore,     // `count` more rows, which are left out
};

struct CallRow {
  CallRowKind kind = CallRowKind::kEqual;
  size_t index = 0;  // the place in the recorded calls, from 0
  size_t count = 1;
  Windows shown = {};
};

}  // namespace recrank
