#include "harness/report/step_report.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "replay/difference/decoded_json.h"

namespace recrank {
namespace {

// One value of a step, readable: JSON with the JSON of its strings in their places.
class Values {
 public:
  explicit Values(const Dialect& dialect) : inner_(inner_json_of(dialect)) {}

  [[nodiscard]] std::string text(std::string_view value, size_t bytes) const {
    return printable(decoded_json(value, inner_), bytes);
  }

  // The same value of a string's content: of a store's value `{"body":"#1"}` too.
  [[nodiscard]] std::string content(const std::string& value, size_t bytes) const {
    const auto held = inner_(value);
    return held && is_json(*held) ? text(*held, bytes) : printable(value, bytes);
  }

  [[nodiscard]] Json json(std::string_view value) const {
    Json out{{"text", printable(value, value.size())}};
    if (!is_json(value)) return out;
    try {
      out["decoded"] = parse_json(decoded_json(value, inner_));
    } catch (const Error&) {
      // A number that no double holds, or bytes that are no UTF-8: the text has it as it stands.
    }
    return out;
  }

 private:
  InnerJson inner_;
};

std::string place_words(const Step& step) {
  std::string words;
  if (step.block) words += "block " + std::to_string(*step.block);
  if (step.crank) words += (words.empty() ? "" : ", ") + ("crank " + std::to_string(*step.crank));
  return words;
}

std::string_view status_word(const Step& step) {
  if (!step.status) return "";
  switch (*step.status) {
    case RecordedStatus::kOk: return "ok";
    case RecordedStatus::kError: return "error";
    case RecordedStatus::kFailed: return "failed";
  }
  return "";
}

// Names and values, the values below each other.
class Lines {
 public:
  void add(std::string name, std::string value) {
    lines_.emplace_back(std::move(name), std::move(value));
  }
  [[nodiscard]] std::string text() const {
    constexpr size_t kNameWidthMax = 20;
    size_t width = 0;
    for (const auto& [name, value] : lines_) width = std::max(width, name.size());
    width = std::min(width, kNameWidthMax);
    std::string out;
    for (const auto& [name, value] : lines_) {
      out +=
          "  " + name + std::string(width - std::min(width, name.size()) + 2, ' ') + value + "\n";
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

std::string delivery_of(const Step& step, const Values& values, size_t bytes) {
  const bool full = bytes > kStepValueBytes;
  if (!full && !is_utf8(step.delivery)) return counted(step.delivery.size(), "byte") + ", no text";
  return values.text(step.delivery, bytes);
}

// What is recorded of the step beside its calls.
std::string lines_of(const Step& step, const StepMatter& matter, const Values& values,
                     size_t bytes) {
  Lines lines;
  if (const std::string place = place_words(step); !place.empty()) lines.add("where", place);
  for (const auto& [name, value] : matter.asked) lines.add(name, values.content(value, bytes));
  const bool told = !matter.asked.empty() && bytes <= kStepValueBytes;
  if (!told && !step.delivery.empty()) lines.add("delivery", delivery_of(step, values, bytes));
  if (const std::string_view status = status_word(step); !status.empty()) {
    lines.add("ended", std::string(status) + (step.failure_text.empty() ? "" : ": ") +
                           printable(step.failure_text, bytes));
  }
  if (step.open_end) lines.add("open", "the recording may end inside it");
  if (!step.expected_result.empty()) lines.add("answer", values.text(step.expected_result, bytes));
  if (step.computrons) lines.add("computrons", format_count(*step.computrons));
  if (!step.recorded_meter.empty()) lines.add("meter", printable(step.recorded_meter, bytes));
  if (!step.expected_snapshot.empty())
    lines.add("heap", "sha256 " + printable(step.expected_snapshot, 80));
  for (const NamedFact& fact : step.facts) {
    lines.add(printable(fact.name, 60),
              printable(fact.value, bytes) + (fact.local ? " (of this machine)" : ""));
  }
  return lines.text();
}

std::string calls_of(const Step& step, const Values& values, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < step.calls.size(); ++i) {
    const std::string place = std::to_string(i);
    text += "  " + std::string(place.size() < 4 ? 4 - place.size() : 0, ' ') + place + "  " +
            values.text(step.calls[i].call, bytes) + "\n";
    if (step.calls[i].answer.empty()) continue;
    text += "        -> " + values.text(step.calls[i].answer, bytes) + "\n";
  }
  return text;
}

std::string names_of(const StepReportInput& input, const StepMatter& matter) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, what] : matter.names) {
    const std::string known = input.recording.machine_name(input.subject_id, name);
    rows.push_back({"  ", printable(name), known.empty() ? "-" : printable(known, 60), what});
  }
  return rows.empty() ? "" : "  names\n" + format_table(rows);
}

std::string store_of(const StepMatter& matter, const Values& values, size_t bytes) {
  std::string text;
  const auto shown = [&](const std::optional<std::string>& value) {
    return value ? values.content(*value, bytes) : "nothing";
  };
  for (const StoreTouch& each : matter.store) {
    text += "    " + printable(each.key, bytes) + "\n";
    if (each.read) text += "      read   " + shown(each.found) + "\n";
    if (each.written)
      text += each.left ? "      wrote  " + shown(each.left) + "\n" : "      deleted\n";
  }
  return text.empty() ? "" : "  store\n" + text;
}

}  // namespace

std::string step_text(const StepReportInput& input, bool full) {
  const Step& step = input.step;
  const size_t bytes = full ? SIZE_MAX : kStepValueBytes;
  const Dialect& dialect = dialect_of(input.recording);
  const Values values(dialect);
  const StepMatter matter = dialect.matter_of(step);
  std::string text = "step " + std::to_string(step.number) + "  " + input.what + "\n" +
                     lines_of(step, matter, values, bytes);
  if (!step.calls.empty()) text += "  calls\n" + calls_of(step, values, bytes);
  return text + names_of(input, matter) + store_of(matter, values, bytes);
}

Json step_json(const StepReportInput& input) {
  const Step& step = input.step;
  const Dialect& dialect = dialect_of(input.recording);
  const Values values(dialect);
  const StepMatter matter = dialect.matter_of(step);
  Json out = step_row_json(step, input.what);
  if (!step.failure_text.empty())
    out["failure"] = printable(step.failure_text, step.failure_text.size());
  if (step.open_end) out["open_end"] = true;
  if (!step.delivery.empty()) out["delivery"] = values.json(step.delivery);
  for (const auto& [name, value] : matter.asked)
    out["asked"][name] = printable(value, value.size());
  if (!step.expected_result.empty()) out["answer"] = values.json(step.expected_result);
  if (!step.recorded_meter.empty()) out["meter"] = values.json(step.recorded_meter);
  if (!step.expected_snapshot.empty()) out["heap_sha256"] = printable(step.expected_snapshot);
  for (const NamedFact& fact : step.facts) {
    Json one{{"name", printable(fact.name)}, {"value", printable(fact.value, fact.value.size())}};
    if (fact.local) one["local"] = true;
    out["facts"].push_back(std::move(one));
  }
  for (size_t i = 0; i < step.calls.size(); ++i) {
    Json one{{"index", i}, {"call", values.json(step.calls[i].call)}};
    if (!step.calls[i].answer.empty()) one["answer"] = values.json(step.calls[i].answer);
    out["made"].push_back(std::move(one));
  }
  for (const auto& [name, what] : matter.names) {
    Json one{{"name", printable(name)}, {"what", what}};
    const std::string known = input.recording.machine_name(input.subject_id, name);
    if (!known.empty()) one["machine_name"] = printable(known);
    out["names"].push_back(std::move(one));
  }
  const auto value_of = [](const std::optional<std::string>& value) {
    return value ? Json(printable(*value, value->size())) : Json();
  };
  for (const StoreTouch& each : matter.store) {
    Json one{{"key", printable(each.key, each.key.size())}};
    if (each.read) one["read"] = value_of(each.found);
    if (each.written) one["wrote"] = value_of(each.left);
    out["store"].push_back(std::move(one));
  }
  return out;
}

std::string steps_table(const std::vector<StepRow>& rows) {
  std::vector<std::vector<std::string>> cells{
      {"step", "block", "crank", "calls", "computrons", "ended", "what"}};
  for (const StepRow& row : rows) cells.push_back(row.cells);
  // What is known of none of them is no column.
  std::vector<std::vector<std::string>> shown(cells.size());
  for (size_t column = 0; column < cells.front().size(); ++column) {
    const bool known = std::any_of(cells.begin() + 1, cells.end(),
                                   [&](const auto& row) { return row[column] != "-"; });
    for (size_t i = 0; known && i < cells.size(); ++i) shown[i].push_back(cells[i][column]);
  }
  return format_table(shown);
}

StepRow step_row(const Step& step, const std::string& what) {
  const auto number = [](const std::optional<uint64_t>& value) {
    return value ? std::to_string(*value) : "-";
  };
  const std::string_view status = status_word(step);
  // Not every system's steps make calls.
  const bool counts = !step.calls.empty() || step.computrons;
  return {{std::to_string(step.number), number(step.block), number(step.crank),
           counts ? std::to_string(step.calls.size()) : "-",
           step.computrons ? format_count(*step.computrons) : "-",
           status.empty() ? "-" : std::string(status),
           what + (step.failure_text.empty() ? "" : ": " + printable(step.failure_text, 80))}};
}

Json step_row_json(const Step& step, const std::string& what) {
  Json out{{"step", step.number}, {"what", what}};
  if (step.block) out["block"] = *step.block;
  if (step.crank) out["crank"] = *step.crank;
  if (step.kind == StepKind::kDelivery) out["calls"] = step.calls.size();
  if (step.computrons) out["computrons"] = *step.computrons;
  if (step.status) out["ended"] = status_word(step);
  return out;
}

}  // namespace recrank
