// Format: docs/formats/slog.md
#include "snapshot/agoric/slog/slog_verify.h"

#include <algorithm>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/agoric/slog/slog_line.h"
#include "snapshot/agoric/slog/slog_stream.h"

namespace recrank::agoric {
namespace {

// More than a person reads; a report must not grow with the damage.
constexpr size_t kDamageMax = 1000;

void add(HashReport& report, Damage damage) {
  if (report.damage.size() < kDamageMax) report.damage.push_back(std::move(damage));
}

void check_lines(const SlogFile& file, HashReport& report) {
  LineReader reader({.fd = file.fd, .name = file.name, .end = file.size});
  Line line;
  std::vector<SlogPiece> pieces;
  while (reader.next(line)) {
    split_slog_line(line, pieces);
    for (const SlogPiece& piece : pieces) {
      const LinePlace place{line.place.offset + piece.at, line.place.line};
      const auto head = piece.damaged ? std::nullopt : read_slog_head(piece.text);
      const std::string subject = head ? std::string(head->vat_id) : std::string();
      try {
        if (!head) throw Error(ErrorCode::kInvalidData, "not a record");
        JsonCursor cursor(piece.text);
        cursor.skip_value();
        cursor.expect_end();
      } catch (const Error& error) {
        add(report, {to_string(file.name, place) + " (byte " + std::to_string(place.offset) + ")",
                     error.what(), subject});
      }
    }
  }
}

void check_steps(const SlogFile& file, const SlogIndex& index, const SlogVat& vat, StepRange range,
                 HashReport& report) {
  Step step;
  while (!range.empty()) {
    const auto stream = open_slog_stream(file, index, vat, range);
    try {
      for (; stream->next(step); ++range.begin) {
      }
      return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidData) throw;
      add(report, {file.name + ": " + vat.id + " step " + std::to_string(range.begin), error.what(),
                   vat.id});
      ++range.begin;  // the steps behind it may be sound
    }
  }
}

}  // namespace

HashReport verify_slog(const SlogFile& file, const SlogIndex& index, const VerifyScope& scope) {
  HashReport report;
  if (scope.subject_id.empty() && !scope.range) check_lines(file, report);
  for (const SlogVat& vat : index.vats) {
    if (!scope.subject_id.empty() && vat.id != scope.subject_id) continue;
    for (const MissingSteps& part : vat.missing) {
      const bool wanted = !scope.range || scope.range->contains(part.steps.begin);
      if (part.lost() && wanted) {
        add(report,
            {part.damaged_place,
             vat.id + " step " + std::to_string(part.steps.begin) + ": " + part.why, vat.id});
      }
    }
    for (StepRange range : vat.held) {
      if (scope.range) {
        range.begin = std::max(range.begin, scope.range->begin);
        range.end = std::min(range.end, scope.range->end);
      }
      if (!range.empty()) check_steps(file, index, vat, range, report);
    }
  }
  return report;
}

}  // namespace recrank::agoric
