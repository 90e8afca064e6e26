#include "replay/montana/system.h"

#include <array>

#include "replay/montana/montana_clock.h"
#include "replay/montana/montana_engine.h"
#include "snapshot/montana/montana.h"

namespace recrank::montana {
namespace {

class WindowDialect : public Dialect {
 public:
  [[nodiscard]] std::string_view name() const override { return kMontanaDialect; }
  // Its tables are rebuilt from what they are packed into, and no garbage lies about in them.
  [[nodiscard]] Variations variations() const override {
    return {.writes_state = true, .collects = false, .reloads = true};
  }
};

constinit const WindowDialect kWindows;
constexpr std::array<const Dialect*, 1> kDialects{&kWindows};
constexpr std::array kFormats{&kMontanaFormat};
constexpr std::array kOptions{kVerifyClock};
constexpr NativeEngine kEngine{kMontanaEngine, kMontanaDialect, make_montana_engine};

}  // namespace

constinit const System kSystem{.name = "montana",
                               .page = "montana",
                               .dialects = kDialects,
                               .formats = kFormats,
                               .native = &kEngine,
                               .options = kOptions};

}  // namespace recrank::montana
