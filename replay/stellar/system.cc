#include "replay/stellar/system.h"

#include <array>

#include "replay/stellar/henyey_engine.h"
#include "snapshot/stellar/height_log.h"
#include "snapshot/stellar/henyey_db.h"
#include "snapshot/stellar/ledger_facts.h"

namespace recrank::stellar {
namespace {

class LedgerDialect : public Dialect {
 public:
  [[nodiscard]] std::string_view name() const override { return kHenyeyDialect; }
  [[nodiscard]] std::string_view why_no_variations() const override {
    return "the state of a node cannot be written or reloaded between ledgers";
  }
};

std::unique_ptr<Engine> open_henyey(const EngineFile& file, const EngineSource& source,
                                    const Interrupt& interrupt) {
  return make_henyey_engine(load_henyey_program(file, source.name, source.program, interrupt));
}

constinit const LedgerDialect kLedgers;
constexpr std::array<const Dialect*, 1> kDialects{&kLedgers};
constexpr std::array kFormats{&kHenyeyDbFormat, &kHeightLogFormat};
constexpr std::array kKinds{EngineKind{"henyey", open_henyey}};

}  // namespace

constinit const System kSystem{.name = "stellar",
                               .page = "henyey",
                               .dialects = kDialects,
                               .formats = kFormats,
                               .kinds = kKinds};

}  // namespace recrank::stellar
