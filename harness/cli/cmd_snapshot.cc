// `recrank snapshot`: a consistent copy of a database that a running node has open.

#include "base/error.h"
#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/console/exit_status.h"
#include "snapshot/capture/copy_database.h"

namespace recrank {
namespace {

ArgumentSpec snapshot_spec() {
  ArgumentSpec spec;
  spec.usage = "snapshot DIR -o COPY";
  spec.about =
      "Copies the kernel database in DIR (or the database file DIR itself), LMDB or SQLite,\n"
      "consistently, also while a node is writing it. The copy appears whole or not at all; the\n"
      "source is not changed.";
  spec.examples =
      "  recrank snapshot ~/.agoric/data/agoric -o evidence.sqlite\n"
      "  recrank snapshot ~/.ag-chain-cosmos -o data.mdb\n";
  spec.positional_min = 1;
  spec.positional_max = 1;
  spec.positional_names = Names::kRecording;
  add_value(spec, "output,o", "FILE", "where the copy goes; must not be there", Names::kOutput);
  return spec;
}

CommandResult run_snapshot(const Arguments& arguments, Context&) {
  const auto destination = arguments.text("output");
  if (!destination) throw Error(ErrorCode::kUsage, "where to? -o COPY");
  const DatabaseCopy copy = copy_database(arguments.positional().front(), *destination);
  const std::string kind(copy.kind);
  CommandResult result;
  result.report = {{"schema", "recrank.snapshot/1"},
                   {"kind", kind},
                   {"source", printable(copy.source.string())},
                   {"copy", printable(*destination)},
                   {"bytes", copy.bytes},
                   {"live", copy.live}};
  result.text = "copied " + kind + " " + printable(copy.source.string()) + " to " +
                printable(*destination) + ", " + format_bytes(copy.bytes) +
                (copy.live ? ", while another process had it open\n" : "\n");
  return result;
}

}  // namespace

const Command kSnapshotCommand{"snapshot",
                               "copy a database consistently, also while a node writes it",
                               snapshot_spec, run_snapshot};

}  // namespace recrank
