// A regular expression of our own.
#pragma once

#include <re2/re2.h>

#include "base/check.h"

namespace recrank {

// RE2 says nothing of an expression that it does not take: it matches nothing, and a secret gets
// through.
class Pattern : public RE2 {
 public:
  explicit Pattern(const char* text) : RE2(text, RE2::Latin1) { RECRANK_CHECK(ok()); }
};

}  // namespace recrank
