// Format: docs/formats/swingset-2024.md ("Hash chain", "Heap snapshots", "Bundles").
#include "snapshot/agoric/swingstore/swingstore_verify.h"

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "snapshot/agoric/bundle_text.h"
#include "snapshot/agoric/swingstore/span_hash.h"
#include "snapshot/agoric/swingstore/swingstore_setup.h"
#include "snapshot/agoric/transcript_item.h"

namespace recrank::agoric {
namespace {

bool touch(StepRange a, StepRange b) { return a.begin < b.end && b.begin < a.end; }

class Verifier {
 public:
  Verifier(const SwingstoreSource& source, const VerifyScope& scope)
      : source_(source), index_(source.index()), scope_(scope), reader_(source.open_reader()) {}

  HashReport run(const std::vector<Subject>& subjects) {
    for (const Subject& subject : subjects) {
      if (!scope_.subject_id.empty() && subject.id != scope_.subject_id) continue;
      saved_at_.reset();
      if (scope_.parts != VerifyParts::kHeaps) check_missing(subject);
      for (const SpanRow& span : index_.spans_of(subject.id)) {
        if (scope_.parts != VerifyParts::kHeaps && span.held && in_scope(span.items)) {
          check_span(span);
        }
      }
      if (scope_.parts == VerifyParts::kAllButHeaps) continue;
      for (const SnapshotRow& row : index_.snapshots_of(subject.id)) {
        // It ends the step at its position and begins the next one.
        if (!in_scope({row.position, row.position + 2})) continue;
        if (row.held) check_snapshot(row);
        else if (!row.broken.empty()) add(snapshot_place(row), row.broken, row.vat_id);
      }
    }
    if (scope_.parts != VerifyParts::kHeaps) {
      for (const std::string& id : bundles_in_scope()) check_bundle(id);
    }
    return std::move(report_);
  }

 private:
  bool in_scope(StepRange items) const { return !scope_.range || touch(items, *scope_.range); }

  void add(const std::string& place, const std::string& what, const std::string& subject_id) {
    report_.damage.push_back({source_.shown_name() + ": " + place, what, subject_id});
  }

  // Runs `body`; damage that stops it becomes an entry of the report.
  void guard(const std::string& place, const std::string& subject_id,
             const std::function<void()>& body) {
    try {
      body();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidData) throw;
      add(place, error.what(), subject_id);
    }
  }

  void check_missing(const Subject& subject) {
    for (const MissingSteps& each : subject.missing) {
      if (!each.lost() || !in_scope(each.steps)) continue;
      report_.damage.push_back({each.damaged_place, each.why, subject.id});
    }
  }

  void check_span(const SpanRow& span) {
    ++report_.spans;
    guard(span_place(span), span.vat_id, [&] {
      const auto items = reader_->items(span.vat_id, span.items);
      SpanHash hash;
      Step step;
      for (uint64_t at = span.items.begin; at < span.items.end; ++at) {
        if (!items->next(step.number, step.text) || step.number != at) {
          return add(span_place(span) + " item " + std::to_string(at), "is missing", span.vat_id);
        }
        hash.add(step.text);
        check_item(span, step);
      }
      (void)items->next(step.number, step.text);  // an artifact with more items throws here
      if (hash.hex() == span.hash) return;
      add(span_place(span),
          "hash chain ends in " + hash.hex() + ", recorded " + printable(span.hash, 80),
          span.vat_id);
    });
  }

  // The chain cannot say which item is wrong; text that is no item can.
  void check_item(const SpanRow& span, Step& step) {
    guard(span_place(span) + " item " + std::to_string(step.number), span.vat_id, [&] {
      parse_transcript_item(step);
      switch (step.kind) {
        case StepKind::kInitializeWorker: return check_beginning(span, step);
        case StepKind::kSaveSnapshot: return check_save(span, step);
        case StepKind::kLoadSnapshot: return check_load(span, step);
        default: return;
      }
    });
  }

  // No hash covers the number of an incarnation.
  void check_beginning(const SpanRow& span, const Step& step) {
    if (step.number == span.items.begin && span.begins) return;
    add(span_place(span) + " item " + std::to_string(step.number),
        "begins an incarnation, and the span is numbered as if it went on with one (" +
            std::to_string(span.incarnation) + ")",
        span.vat_id);
  }

  void check_save(const SpanRow& span, const Step& step) {
    saved_at_ = step.number;
    saved_ = step.expected_snapshot;
    const SnapshotRow* row = row_at(span.vat_id, step.number);
    if (row == nullptr || row->hash == step.expected_snapshot) return;
    add(snapshot_place(*row),
        "has hash " + printable(row->hash, 80) + ", the transcript says " +
            printable(step.expected_snapshot, 80),
        span.vat_id);
  }

  // The kernel loads what it saved in the item before.
  void check_load(const SpanRow& span, const Step& step) {
    if (step.number == 0) return;
    const std::string place = span_place(span) + " item " + std::to_string(step.number);
    const SnapshotRow* row = row_at(span.vat_id, step.number - 1);
    const bool saved = saved_at_ && *saved_at_ + 1 == step.number;
    const std::string before = saved ? saved_ : row != nullptr ? row->hash : "";
    if ((saved || row != nullptr) && before != step.expected_snapshot) {
      add(place,
          "loads the heap " + printable(step.expected_snapshot, 80) +
              ", and the one that was saved before it is " + printable(before, 80),
          span.vat_id);
    }
    const SpanRow* last = index_.span_at(span.vat_id, step.number - 1);
    if (last == nullptr || last->incarnation == span.incarnation) return;
    add(place,
        "goes on with an incarnation, and the span is numbered as if it began one (" +
            std::to_string(span.incarnation) + ")",
        span.vat_id);
  }

  const SnapshotRow* row_at(const std::string& vat_id, uint64_t position) const {
    for (const SnapshotRow& row : index_.snapshots_of(vat_id)) {
      if (row.position == position) return &row;
    }
    return nullptr;
  }

  void check_snapshot(const SnapshotRow& row) {
    ++report_.snapshots;
    const std::string place = snapshot_place(row);
    if (row.compressed_bytes && row.stored_bytes && row.compressed_bytes != row.stored_bytes) {
      add(place,
          "has " + std::to_string(*row.stored_bytes) + " compressed bytes, recorded " +
              std::to_string(*row.compressed_bytes),
          row.vat_id);
    }
    guard(place, row.vat_id, [&] {
      Sha256 hash;
      uint64_t size = 0;
      reader_->read_snapshot(row, [&](std::string_view piece) {
        hash.update(piece);
        size += piece.size();
      });
      const std::string found = hash.finish_hex();
      if (row.raw_bytes && *row.raw_bytes != size) {
        add(place,
            "has " + std::to_string(size) + " bytes, recorded " + std::to_string(*row.raw_bytes),
            row.vat_id);
      }
      if (found != row.hash) {
        add(place, "has sha256 " + found + ", recorded " + printable(row.hash, 80), row.vat_id);
      }
    });
  }

  std::set<std::string> bundles_in_scope() {
    const std::set<std::string> held(index_.bundle_ids.begin(), index_.bundle_ids.end());
    if (scope_.subject_id.empty()) return held;
    std::set<std::string> wanted;
    const SpanRow* previous = nullptr;
    for (const SpanRow& span : index_.spans_of(scope_.subject_id)) {
      const bool other = !previous || span.begins || previous->incarnation != span.incarnation;
      previous = &span;
      if (!other) continue;
      for (auto& id : setup_bundle_ids(index_, *reader_, span.vat_id, span.items.begin)) {
        if (held.count(id) != 0) wanted.insert(std::move(id));
      }
    }
    return wanted;
  }

  void check_bundle(const std::string& id) {
    const std::string place = "bundle " + printable(id, 200);
    guard(place, "", [&] {
      const auto stored = reader_->bundle(id);
      if (!stored) return;
      ++report_.bundles;
      const std::string what = bundle_damage(id, *stored);
      if (!what.empty()) add(place, what, "");
    });
  }

  const SwingstoreSource& source_;
  const SwingstoreIndex& index_;
  const VerifyScope& scope_;
  std::unique_ptr<SwingstoreReader> reader_;
  HashReport report_;
  std::optional<uint64_t> saved_at_;  // the last heap that the transcript saved
  std::string saved_;
};

}  // namespace

HashReport verify_swingstore(const SwingstoreSource& source, const std::vector<Subject>& subjects,
                             const VerifyScope& scope) {
  return Verifier(source, scope).run(subjects);
}

}  // namespace recrank::agoric
