// `recrank compare`: where two recordings of one history part, without an engine.

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/console/exit_status.h"
#include "harness/report/compare_report.h"
#include "harness/request/replay_options.h"
#include "snapshot/open/open_recording.h"

namespace recrank {
namespace {

ArgumentSpec compare_spec() {
  ArgumentSpec spec;
  spec.usage = "compare A B [--vat V] [--compare LIST]";
  spec.about =
      "Holds two recordings of the same history against each other, vat by vat: two validators,\n"
      "a database and a log, an export and its source. Shows the first difference of each vat, "
      "and\n"
      "which of these came first: logs say in which block and crank a step was done, also those "
      "that\n"
      "lie beside a database in the same directory.\n"
      "What only one of them holds (a vat that died, a longer tail) is listed and is no\n"
      "difference. Exit status 0 only when the common part is equal and not empty.";
  spec.examples =
      "  recrank compare kernel/swingstore.sqlite chain.slog.gz\n"
      "  recrank compare mine.sqlite theirs.sqlite --vat v6 --compare syscalls,computrons\n";
  spec.positional_min = 2;
  spec.positional_max = 2;
  spec.positional_names = Names::kRecording;
  spec.take_options_of(kCompareTakes);
  return spec;
}

// The logs that lie beside both sides.
struct Logs {
  std::vector<std::unique_ptr<Recording>> opened;
  std::vector<std::string> shown;
};

void open_logs(const Evidence& side, const char* name, Context& context, Logs& logs) {
  for (const Companion& companion : side.companions) {
    const std::string shown = std::string(name) + ": " + companion.shown;
    try {
      logs.opened.push_back(open_recording(companion.path));
      logs.shown.push_back(shown);
    } catch (const Error& error) {
      // The comparison stands without it.
      context.console.err << "note: " << printable(shown)
                          << " cannot be read: " << printable(error.what()) << "\n";
    }
  }
}

// True when a difference is there whose place is not known: only then are logs worth reading.
bool lacks_place(const CompareResult& result) {
  for (const SubjectComparison& subject : result.subjects) {
    if (subject.first && !subject.first->crank) return true;
  }
  return false;
}

// An id stays what it is; a name is that of a vat of A, else of B.
std::string resolve(const std::string& id_or_name, const Recording& a, const Recording& b) {
  if (id_or_name.empty()) return "";
  try {
    return find_subject(a, id_or_name).id;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) throw;
    return find_subject(b, id_or_name).id;
  }
}

void print_notes(Context& context, const RecordingInfo& info) {
  for (const std::string& note : info.notes) {
    context.console.err << "note: " << printable(note) << "\n";
  }
}

CommandResult run_compare(const Arguments& arguments, Context& context) {
  CompareRequest request;
  request.compare = request_from(arguments).compare;
  const Evidence a = open_evidence(arguments.positional()[0]);
  const Evidence b = open_evidence(arguments.positional()[1]);
  request.subject_id = resolve(arguments.text("vat").value_or(""), *a.recording, *b.recording);
  if (!arguments.flag("quiet")) {
    print_notes(context, a.recording->info());
    print_notes(context, b.recording->info());
  }
  CompareResult compared =
      compare_recordings(*a.recording, *b.recording, request, context.interrupt);
  Logs logs;
  if (lacks_place(compared)) {
    open_logs(a, "A", context, logs);
    open_logs(b, "B", context, logs);
  }
  std::vector<const Recording*> placing{a.recording.get(), b.recording.get()};
  for (const auto& log : logs.opened) placing.push_back(log.get());
  const ChainOrder order = order_by_chain(compared, placing, context.interrupt);
  const CompareReportInput input{*a.recording, *b.recording, compared, order, logs.shown};
  return {exit_status_of(compared.kind), compare_json(input), compare_text(input)};
}

}  // namespace

const Command kCompareCommand{"compare", "first difference between two recordings of one history",
                              compare_spec, run_compare};

}  // namespace recrank
