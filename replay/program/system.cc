#include "replay/program/system.h"

#include <array>

#include "replay/program/process_engine.h"
#include "snapshot/journal/app_journal.h"
#include "snapshot/journal/dialect_names.h"
#include "snapshot/journal/journal.h"

namespace recrank::program {
namespace {

class ProgramDialect : public Dialect {
 public:
  constexpr explicit ProgramDialect(std::string_view name) : name_(name) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::string_view why_no_variations() const override {
    return "a program has no heap that could be written or reloaded";
  }

 private:
  std::string_view name_;
};

constinit const ProgramDialect kLines(kProcessDialect);
constinit const ProgramDialect kHttp(kHttpDialect);
constexpr std::array<const Dialect*, 2> kDialects{&kLines, &kHttp};
constexpr std::array kFormats{&kJournalFormat, &kAppJournalFormat};
constexpr std::array kKinds{EngineKind{"process", open_program<make_process_engine>}};

}  // namespace

constinit const System kSystem{.name = "program",
                               .page = "programs",
                               .dialects = kDialects,
                               .formats = kFormats,
                               .kinds = kKinds};

}  // namespace recrank::program
