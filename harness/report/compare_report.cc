#include "harness/report/compare_report.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "harness/report/difference_report.h"
#include "harness/report/verdict_report.h"
#include "replay/verdict_words.h"

namespace recrank {
namespace {

constexpr SideNames kSides{"A", "B"};
constexpr SideNames kInJson{"a", "b"};

std::string values_text(const RecordedDifference& difference) {
  return difference_text(difference.a, difference.b, difference.difference, kSides, "    ") +
         calls_text(difference.calls, kSides, "    ");
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
  if (difference.difference) out["difference"] = difference_json(*difference.difference, kInJson);
  if (!difference.calls.empty()) out["calls"] = calls_json(difference.calls, kInJson);
  return out;
}

std::string_view side_name(Side side) { return side == Side::kA ? "A" : "B"; }

Json counts_json(const RecordedCounts& counts) {
  return {{"steps", counts.steps},         {"deliveries", counts.deliveries},
          {"syscalls", counts.syscalls},   {"answers", counts.answers},
          {"results", counts.results},     {"computrons", counts.computrons},
          {"snapshots", counts.snapshots}, {"facts", counts.facts}};
}

Json subject_json(const SubjectComparison& subject) {
  Json out{{"subject",
            {{"kind", subject.subject_kind},
             {"id", subject.subject_id},
             {"name", printable(subject.name)}}},
           {"verdict", {{"kind", to_string(subject.kind)}}}};
  if (subject.first) out["verdict"].update(difference_json(*subject.first));
  if (!subject.beside.empty()) {
    out["verdict"]["beside"] = Json::array();
    for (const RecordedDifference& each : subject.beside) {
      out["verdict"]["beside"].push_back(difference_json(each));
    }
  }
  for (const AllowedDifference& each : subject.allowed) {
    out["allowed"].push_back(
        {{"field", each.fact}, {"steps", each.steps}, {"first", each.first.in_a}});
  }
  if (!subject.reason.empty()) out["verdict"]["reason"] = printable(subject.reason);
  Json only = Json::array();
  for (const OnlyIn& each : subject.only) {
    Json one{{"in", side_name(each.side)}, {"from", each.steps.begin}, {"to", each.steps.end - 1}};
    if (each.looked_at) one["recorded_failures"] = each.failed;
    only.push_back(std::move(one));
  }
  out["only"] = std::move(only);
  for (const EndsInside& each : subject.ends_inside) {
    Json one{{"in", side_name(each.side)},
             {"step", each.step.in_a},
             {"calls_behind", each.calls},
             {"first_call", printable(each.first_call, kValueBytesInJson)}};
    if (each.step.in_b != each.step.in_a) one["step_in_b"] = each.step.in_b;
    out["ends_inside"].push_back(std::move(one));
  }
  for (const Unplaced& each : subject.unplaced) {
    out["unplaced"].push_back(
        {{"in", side_name(each.side)}, {"from", each.steps.begin}, {"to", each.steps.end - 1}});
  }
  out["compared"] = counts_json(subject.counts);
  out["not_in_both"] = subject.not_in_both;
  return out;
}

std::string steps_text(Side side, StepRange steps) {
  return std::string(side_name(side)) + ": steps " + std::to_string(steps.begin) + ".." +
         std::to_string(steps.end - 1);
}

std::string only_text(const OnlyIn& only) {
  std::string text = "    only in " + steps_text(only.side, only.steps);
  if (only.looked_at && only.failed > 0) {
    text +=
        " (" + std::to_string(only.failed) + " that the kernel took back: only a log holds them)";
  }
  return text + "\n";
}

std::string counts_text(const RecordedCounts& counts) {
  if (counts.facts > 0) return counted(counts.steps, "step") + ", " + counted(counts.facts, "fact");
  return counted(counts.steps, "step") + ", " + counted(counts.syscalls, "syscall") + ", " +
         counted(counts.answers, "answer") + ", " + counted(counts.results, "result") + ", " +
         counted(counts.computrons, "computron count") + ", " +
         counted(counts.snapshots, "heap snapshot");
}

// "step 12 (in B 13)"
std::string step_text(const StepPlace& step) {
  const std::string text = "step " + std::to_string(step.in_a);
  return step.in_b == step.in_a ? text : text + " (in B " + std::to_string(step.in_b) + ")";
}

std::string ends_inside_text(const EndsInside& end) {
  const bool in_a = end.side == Side::kA;
  return std::string("    ") + (in_a ? "A" : "B") + " may end inside " + step_text(end.step) +
         ": " + (in_a ? "B" : "A") + " holds " + counted(end.calls, "more call") +
         ", not compared, the first " + printable(end.first_call, kValueBytesInText) + "\n";
}

// "step 12 (in B 13), syscall wrong, call 3"
std::string place_text(const RecordedDifference& first) {
  std::string text = step_text(first.step);
  text += ", " + std::string(field_name(first));
  if (first.index) text += ", call " + std::to_string(*first.index);
  return text;
}

// `told`: its values stand above, since it is the first of all.
std::string subject_text(const SubjectComparison& subject, bool told) {
  std::string text = subject.subject_id;
  if (!subject.name.empty()) text += " " + printable(subject.name, 60);
  switch (subject.kind) {
    case VerdictKind::kClean: text += "  equal: " + counts_text(subject.counts) + "\n"; break;
    case VerdictKind::kDiverged: {
      const RecordedDifference& first = *subject.first;
      text += "  DIFFERS at " + place_text(first);
      if (first.block) text += ", block " + std::to_string(*first.block);
      if (first.crank) text += ", crank " + std::to_string(*first.crank);
      text += told ? " (see above)\n" : "\n" + values_text(first);
      text += "    compared up to it: " + counts_text(subject.counts) + "\n";
      for (const RecordedDifference& each : subject.beside) {
        text += "    also " + std::string(field_name(each)) + "  A " +
                printable(each.a, kValueBytesInText) + "  B " +
                printable(each.b, kValueBytesInText) + "\n";
      }
      break;
    }
    default:
      text += "  " + std::string(to_string(subject.kind)) + ": " + printable(subject.reason) + "\n";
  }
  for (const AllowedDifference& each : subject.allowed) {
    text += "    allowed to differ: " + each.fact + " in " + counted(each.steps, "step") +
            ", first " + std::to_string(each.first.in_a) + "\n";
  }
  for (const OnlyIn& each : subject.only) text += only_text(each);
  for (const EndsInside& each : subject.ends_inside) text += ends_inside_text(each);
  for (const Unplaced& each : subject.unplaced) {
    text += "    not compared, as their place is not known: " + steps_text(each.side, each.steps) +
            "\n";
  }
  return text;
}

std::string side_text(const char* side, const RecordingInfo& info) {
  return std::string(side) + "  " + info.kind + "  " + printable(info.path) +
         (info.evidence.empty() ? "" : " (" + printable(info.evidence) + ")") + "\n";
}

Json side_json(const Recording& recording) {
  uint64_t steps = 0;
  for (const Subject& subject : recording.subjects()) steps += subject.held_count();
  return recording_json(recording.info(), steps);
}

// Subjects are ordered against each other only where there are several.
bool has_order(const CompareResult& compared) {
  return std::count_if(compared.subjects.begin(), compared.subjects.end(),
                       [](const SubjectComparison& s) { return s.in_both; }) > 1;
}

// " 1003..1010"; of one " 1003".
std::string steps_text(StepRange range) {
  const std::string first = " " + std::to_string(range.begin);
  return range.end - range.begin == 1 ? first : first + ".." + std::to_string(range.end - 1);
}

Json range_json(StepRange range) { return {{"first", range.begin}, {"last", range.end - 1}}; }

Json agreed_json(const ChainOrder& order) {
  const HistoryExtent& agreed = order.agreed;
  Json out{{"deliveries", agreed.deliveries}, {"vats", order.agreed_vats}};
  if (agreed.block_range) out["blocks"] = range_json(*agreed.block_range);
  if (agreed.crank_range) {
    out["cranks"] = range_json(*agreed.crank_range);
    out["cranks"]["with_deliveries"] = agreed.cranks;
  }
  if (order.unknown_vats > 0) out["vats_not_placed"] = order.unknown_vats;
  return out;
}

// "blocks 1000..1004, 612 cranks (6..633), 640 deliveries of 8 vats"
std::string agreed_text(const ChainOrder& order) {
  const HistoryExtent& agreed = order.agreed;
  if (agreed.deliveries == 0) return "nothing";
  std::string text;
  if (agreed.block_range) text += "blocks" + steps_text(*agreed.block_range) + ", ";
  if (agreed.crank_range) {
    text +=
        counted(agreed.cranks, "crank") + " (" + steps_text(*agreed.crank_range).substr(1) + "), ";
  }
  text += agreed.deliveries == 1 ? "1 delivery" : format_count(agreed.deliveries) + " deliveries";
  text += " of " + counted(order.agreed_vats, "vat");
  if (order.unknown_vats > 0) {
    text += "; of " + counted(order.unknown_vats, "other vat") + " nothing says where they stand";
  }
  return text;
}

Json earliest_json(const SubjectComparison& subject, const ChainOrder& order) {
  Json out{{"subject", subject.subject_id}, {"name", printable(subject.name)}};
  out.update(difference_json(*subject.first));
  if (order.unplaced > 0) out["others_not_placed"] = order.unplaced;
  return out;
}

std::string earliest_text(const SubjectComparison& subject, const ChainOrder& order) {
  const RecordedDifference& first = *subject.first;
  std::string text = "first in the order of the chain: ";
  if (first.block) text += "block " + std::to_string(*first.block) + ", ";
  if (first.crank) text += "crank " + std::to_string(*first.crank) + ", ";
  text += subject.subject_id + (subject.name.empty() ? "" : " " + printable(subject.name, 60)) +
          ", " + place_text(first) + "\n" + values_text(first) + "    before it both agree on " +
          agreed_text(order) + "\n";
  if (order.unplaced > 0) {
    text += "    it may not be the first: nothing says where the differences of " +
            counted(order.unplaced, "other vat") + " stand\n";
  }
  return text;
}

std::string order_text(const CompareReportInput& input) {
  const CompareResult& compared = input.compared;
  if (!has_order(compared)) return "";
  if (input.order.earliest) {
    return earliest_text(compared.subjects[*input.order.earliest], input.order);
  }
  if (compared.kind == VerdictKind::kDiverged) {
    return "which of the differences came first is not known: neither recording says in which "
           "crank "
           "its steps were done (a slog beside it would)\n";
  }
  return compared.kind == VerdictKind::kClean ? "both agree on " + agreed_text(input.order) + "\n"
                                              : "";
}

}  // namespace

Json compare_json(const CompareReportInput& input) {
  const CompareResult& compared = input.compared;
  Json verdict{{"kind", to_string(compared.kind)}};
  if (!compared.reason.empty()) verdict["reason"] = printable(compared.reason);
  Json subjects = Json::array();
  for (const SubjectComparison& each : compared.subjects) subjects.push_back(subject_json(each));
  Json out{{"schema", "recrank.compare/1"},   {"a", side_json(input.a)},
           {"b", side_json(input.b)},         {"verdict", std::move(verdict)},
           {"subjects", std::move(subjects)}, {"compared", counts_json(compared.counts)}};
  if (!has_order(compared)) return out;
  const bool differs = compared.kind == VerdictKind::kDiverged;
  if (input.order.earliest) {
    out["first"] = earliest_json(compared.subjects[*input.order.earliest], input.order);
  }
  if (!differs || input.order.earliest) out["agreed"] = agreed_json(input.order);
  if (!input.logs.empty()) {
    out["placed_by"] = Json::array();
    for (const std::string& log : input.logs) out["placed_by"].push_back(printable(log));
  }
  return out;
}

std::string compare_text(const CompareReportInput& input) {
  const CompareResult& compared = input.compared;
  std::string text = side_text("A", input.a.info()) + side_text("B", input.b.info());
  for (const std::string& log : input.logs)
    text += "   cranks and blocks of  " + printable(log) + "\n";
  text += order_text(input);
  for (size_t i = 0; i < compared.subjects.size(); ++i) {
    text += subject_text(compared.subjects[i], has_order(compared) && input.order.earliest == i);
  }
  text += std::string(to_string(compared.kind)) + ": " + counts_text(compared.counts) + "\n";
  if (!compared.reason.empty()) text += printable(compared.reason) + "\n";
  return text;
}

}  // namespace recrank
