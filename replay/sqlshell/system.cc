#include "replay/sqlshell/system.h"

#include <array>

#include "replay/sqlshell/shell_engine.h"
#include "snapshot/sqlshell/sql_journal.h"

namespace recrank::sqlshell {
namespace {

class ShellDialect : public Dialect {
 public:
  [[nodiscard]] std::string_view name() const override { return kDialect; }
};

constinit const ShellDialect kShell;
constexpr std::array<const Dialect*, 1> kDialects{&kShell};
constexpr std::array kFormats{&kJournalFormat};
constexpr std::array kKinds{EngineKind{"sqlite3", program::open_program<make_shell_engine>}};

}  // namespace

constinit const System kSystem{.name = "sqlshell",
                               .page = "sqlshell",
                               .dialects = kDialects,
                               .formats = kFormats,
                               .kinds = kKinds};

}  // namespace recrank::sqlshell
