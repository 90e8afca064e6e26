// The dialects of SwingSet's vats: what their steps mean to everybody above.
#pragma once

#include <array>

#include "replay/dialect.h"

namespace recrank::agoric {

// xsnap-2021 and xsnap-2024.
extern const std::array<const Dialect*, 2> kVatDialects;

}  // namespace recrank::agoric
