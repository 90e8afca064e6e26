// `recrank compare`: where two recordings of one history part, without an engine.

#include "base/text.h"
#include "harness/command.h"
#include "harness/exit_status.h"
#include "harness/replay_options.h"
#include "harness/verdict_report.h"
#include "replay/compare_recordings.h"
#include "snapshot/open_recording.h"

namespace recrank {
namespace {

constexpr size_t kValueBytesInText = 400;
constexpr size_t kValueBytesInJson = 100'000;

ArgumentSpec compare_spec() {
  ArgumentSpec spec;
  spec.usage = "compare A B [--vat V] [--compare LIST]";
  spec.about =
      "Holds two recordings of the same history against each other, vat by vat: two validators,\n"
      "a database and a log, an export and its source. Shows the first difference of each vat.\n"
      "What only one of them holds (a vat that died, a longer tail) is listed and is no\n"
      "difference. Exit status 0 only when the common part is equal and not empty.";
  spec.examples =
      "  recrank compare kernel/swingstore.sqlite chain.slog.gz\n"
      "  recrank compare mine.sqlite theirs.sqlite --vat v6 --compare syscalls,computrons\n";
  spec.positional_min = 2;
  spec.positional_max = 2;
  add_value(spec, "vat", "V", "one vat, by its id");
  add_value(spec, "compare", "LIST", "what to compare: syscalls,result,computrons,snapshots,facts (default: all)");
  return spec;
}

Json difference_json(const RecordedDifference& difference) {
  Json out{{"step", difference.step.in_a}};
  if (difference.step.in_b != difference.step.in_a) out["step_in_b"] = difference.step.in_b;
  out["field"] = field_name(difference);
  if (difference.block) out["block"] = *difference.block;
  if (difference.crank) out["crank"] = *difference.crank;
  if (difference.index) out["index"] = *difference.index;
  out["a"] = printable(difference.a, kValueBytesInJson);
  out["b"] = printable(difference.b, kValueBytesInJson);
  return out;
}

std::string_view side_name(Side side) { return side == Side::kA ? "A" : "B"; }

Json counts_json(const RecordedCounts& counts) {
  return {{"steps", counts.steps},       {"deliveries", counts.deliveries},
          {"syscalls", counts.syscalls}, {"answers", counts.answers},
          {"results", counts.results},   {"computrons", counts.computrons},
          {"snapshots", counts.snapshots}, {"facts", counts.facts}};
}

Json subject_json(const SubjectComparison& subject) {
  Json out{{"subject", {{"kind", subject.subject_kind}, {"id", subject.subject_id}, {"name", printable(subject.name)}}},
           {"verdict", {{"kind", to_string(subject.kind)}}}};
  if (subject.first) out["verdict"].update(difference_json(*subject.first));
  if (!subject.beside.empty()) {
    out["verdict"]["beside"] = Json::array();
    for (const RecordedDifference& each : subject.beside) {
      out["verdict"]["beside"].push_back(difference_json(each));
    }
  }
  for (const AllowedDifference& each : subject.allowed) {
    out["allowed"].push_back({{"field", each.fact}, {"steps", each.steps}, {"first", each.first.in_a}});
  }
  if (!subject.reason.empty()) out["verdict"]["reason"] = printable(subject.reason);
  Json only = Json::array();
  for (const OnlyIn& each : subject.only) {
    Json one{{"in", side_name(each.side)}, {"from", each.steps.begin}, {"to", each.steps.end - 1}};
    if (each.looked_at) one["recorded_failures"] = each.failed;
    only.push_back(std::move(one));
  }
  out["only"] = std::move(only);
  out["compared"] = counts_json(subject.counts);
  out["not_in_both"] = subject.not_in_both;
  return out;
}

std::string only_text(const OnlyIn& only) {
  std::string text = "    only in " + std::string(side_name(only.side)) + ": steps " +
                     std::to_string(only.steps.begin) + ".." + std::to_string(only.steps.end - 1);
  if (only.looked_at && only.failed > 0) {
    text += " (" + std::to_string(only.failed) + " that the kernel took back: only a log holds them)";
  }
  return text + "\n";
}

std::string counted(uint64_t count, const char* what) {
  return format_count(count) + " " + what + (count == 1 ? "" : "s");
}

std::string counts_text(const RecordedCounts& counts) {
  if (counts.facts > 0) return counted(counts.steps, "step") + ", " + counted(counts.facts, "fact");
  return counted(counts.steps, "step") + ", " + counted(counts.syscalls, "syscall") + ", " +
         counted(counts.answers, "answer") + ", " + counted(counts.results, "result") + ", " +
         counted(counts.computrons, "computron count") + ", " +
         counted(counts.snapshots, "heap snapshot");
}

std::string subject_text(const SubjectComparison& subject) {
  std::string text = subject.subject_id;
  if (!subject.name.empty()) text += " " + printable(subject.name, 60);
  switch (subject.kind) {
    case VerdictKind::kClean: text += "  equal: " + counts_text(subject.counts) + "\n"; break;
    case VerdictKind::kDiverged: {
      const RecordedDifference& first = *subject.first;
      text += "  DIFFERS at step " + std::to_string(first.step.in_a);
      if (first.step.in_b != first.step.in_a) text += " (in B " + std::to_string(first.step.in_b) + ")";
      text += ", " + std::string(field_name(first));
      if (first.index) text += ", call " + std::to_string(*first.index);
      if (first.block) text += ", block " + std::to_string(*first.block);
      if (first.crank) text += ", crank " + std::to_string(*first.crank);
      text += "\n    A  " + printable(first.a, kValueBytesInText) + "\n    B  " +
              printable(first.b, kValueBytesInText) + "\n    before it equal: " +
              counts_text(subject.counts) + "\n";
      for (const RecordedDifference& each : subject.beside) {
        text += "    also " + std::string(field_name(each)) + "  A " + printable(each.a, kValueBytesInText) +
                "  B " + printable(each.b, kValueBytesInText) + "\n";
      }
      break;
    }
    default: text += "  " + std::string(to_string(subject.kind)) + ": " + printable(subject.reason) + "\n";
  }
  for (const AllowedDifference& each : subject.allowed) {
    text += "    allowed to differ: " + each.fact + " in " + counted(each.steps, "step") + ", first " +
            std::to_string(each.first.in_a) + "\n";
  }
  for (const OnlyIn& each : subject.only) text += only_text(each);
  return text;
}

std::string side_text(const char* side, const RecordingInfo& info) {
  return std::string(side) + "  " + std::string(to_string(info.kind)) + "  " + printable(info.path) +
         (info.evidence.empty() ? "" : " (" + printable(info.evidence) + ")") + "\n";
}

Json side_json(const Recording& recording) {
  uint64_t steps = 0;
  for (const Subject& subject : recording.subjects()) steps += subject.held_count();
  return recording_json(recording.info(), steps);
}

CommandResult run(const Arguments& arguments, Context& context) {
  CompareRequest request;
  request.subject_id = arguments.text("vat").value_or("");
  request.compare = compare_from(arguments);
  const auto a = open_recording(arguments.positional()[0]);
  const auto b = open_recording(arguments.positional()[1]);
  if (!arguments.flag("quiet")) {
    for (const Recording* each : {a.get(), b.get()}) {
      for (const std::string& note : each->info().notes) context.console.err << "note: " << printable(note) << "\n";
    }
  }
  const CompareResult compared = compare_recordings(*a, *b, request, context.interrupt);
  CommandResult result;
  result.exit_status = exit_status_of(compared.kind);
  result.text = side_text("A", a->info()) + side_text("B", b->info());
  Json subjects = Json::array();
  for (const SubjectComparison& each : compared.subjects) {
    result.text += subject_text(each);
    subjects.push_back(subject_json(each));
  }
  result.text += std::string(to_string(compared.kind)) + ": " + counts_text(compared.counts) + "\n";
  if (!compared.reason.empty()) result.text += printable(compared.reason) + "\n";
  Json verdict{{"kind", to_string(compared.kind)}};
  if (!compared.reason.empty()) verdict["reason"] = printable(compared.reason);
  result.report = {{"schema", "recrank.compare/1"}, {"a", side_json(*a)}, {"b", side_json(*b)},
                   {"verdict", std::move(verdict)}, {"subjects", std::move(subjects)},
                   {"compared", counts_json(compared.counts)}};
  return result;
}

}  // namespace

const Command kCompareCommand{"compare", "first difference between two recordings of one history",
                              compare_spec, run};

}  // namespace recrank
