#include "replay/sqlshell/system.h"

#include <array>

#include "replay/engine_file.h"
#include "replay/sqlshell/shell_engine.h"
#include "snapshot/sqlshell/sql_journal.h"

namespace recrank::sqlshell {
namespace {

class ShellDialect : public Dialect {
 public:
  [[nodiscard]] std::string_view name() const override { return kDialect; }
};

std::unique_ptr<Engine> open_shell(const EngineSource& source, const Interrupt& interrupt) {
  return make_shell_engine(
      program::load_program(EngineFile(source.place), source.name, source.program, interrupt));
}

constinit const ShellDialect kShell;
constexpr std::array<const Dialect*, 1> kDialects{&kShell};
constexpr std::array kFormats{&kJournalFormat};
constexpr std::array kKinds{EngineKind{"sqlite3", open_shell}};

}  // namespace

constinit const System kSystem{.name = "sqlshell",
                               .page = "sqlshell",
                               .dialects = kDialects,
                               .formats = kFormats,
                               .kinds = kKinds};

}  // namespace recrank::sqlshell
