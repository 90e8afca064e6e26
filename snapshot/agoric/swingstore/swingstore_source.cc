#include "snapshot/agoric/swingstore/swingstore_source.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "snapshot/recording.h"

namespace recrank::agoric {
namespace {

bool before(const std::string& vat_a, uint64_t at_a, const std::string& vat_b, uint64_t at_b) {
  return vat_a == vat_b ? at_a < at_b : vat_id_less(vat_a, vat_b);
}

// The rows of one vat out of a list that is sorted by vat.
template <typename Row>
std::span<const Row> rows_of(const std::vector<Row>& rows, const std::string& vat_id) {
  const auto begin = std::lower_bound(
      rows.begin(), rows.end(), vat_id,
      [](const Row& row, const std::string& id) { return vat_id_less(row.vat_id, id); });
  const auto end = std::upper_bound(
      begin, rows.end(), vat_id,
      [](const std::string& id, const Row& row) { return vat_id_less(id, row.vat_id); });
  return {begin, end};
}

}  // namespace

void SwingstoreIndex::sort() {
  std::sort(spans.begin(), spans.end(), [](const SpanRow& a, const SpanRow& b) {
    return before(a.vat_id, a.items.begin, b.vat_id, b.items.begin);
  });
  std::sort(snapshots.begin(), snapshots.end(), [](const SnapshotRow& a, const SnapshotRow& b) {
    return before(a.vat_id, a.position, b.vat_id, b.position);
  });
  std::sort(bundle_ids.begin(), bundle_ids.end());
}

std::span<const SpanRow> SwingstoreIndex::spans_of(const std::string& vat_id) const {
  return rows_of(spans, vat_id);
}

std::span<const SnapshotRow> SwingstoreIndex::snapshots_of(const std::string& vat_id) const {
  return rows_of(snapshots, vat_id);
}

const SpanRow* SwingstoreIndex::span_at(const std::string& vat_id, uint64_t position) const {
  const std::span<const SpanRow> rows = spans_of(vat_id);
  const auto after =
      std::upper_bound(rows.begin(), rows.end(), position,
                       [](uint64_t at, const SpanRow& row) { return at < row.items.begin; });
  return after == rows.begin() ? nullptr : &*std::prev(after);
}

bool is_vat_id(std::string_view id) {
  if (id.size() < 2 || id.front() != 'v') return false;
  const auto number = parse_uint(id.substr(1));
  return number.has_value() && "v" + std::to_string(*number) == id;  // v01 is none
}

std::string span_place(const SpanRow& span) {
  return printable(span.vat_id, 40) + " span " + std::to_string(span.items.begin) + ".." +
         std::to_string(span.items.end);
}

std::string snapshot_place(const SnapshotRow& snapshot) {
  return printable(snapshot.vat_id, 40) + " snapshot at " + std::to_string(snapshot.position);
}

}  // namespace recrank::agoric
