// Format: docs/formats/swingset-2024.md ("Spans").
#include "snapshot/agoric/swingstore/swingstore_missing.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace recrank::agoric {
namespace {

class MissingFinder {
 public:
  MissingFinder(const SwingstoreIndex& index, const std::string& store, const std::string& vat_id)
      : index_(index), store_(store), vat_id_(vat_id) {}

  std::vector<MissingSteps> find(bool lives) {
    const SpanRow* current = nullptr;
    for (const SpanRow& span : index_.spans_of(vat_id_)) {
      if (span.items.begin > end_) {
        lost({end_, span.items.begin}, range_place({end_, span.items.begin}), "its row is missing");
      }
      if (current != nullptr) {
        lost({span.items.begin, kNoEnd}, span_place(span),
             "follows the span that is marked as the current one");
      }
      if (span.current) current = &span;
      look_at(span);
      end_ = std::max(end_, span.items.end);
    }
    const auto items = index_.item_ends.find(vat_id_);
    if (items != index_.item_ends.end() && items->second > end_) {
      lost({end_, items->second}, place() + " items " + range_text(StepRange{end_, items->second}),
           "belong to no span");
    }
    if (lives && current == nullptr) {
      lost({end_, kNoEnd}, place(), "it has no current span, as a vat that lives has");
    }
    return std::move(missing_);
  }

 private:
  void look_at(const SpanRow& span) {
    if (span.held || span.items.empty()) return;
    if (!span.broken.empty()) {
      lost(span.items, span_place(span), span.broken);
    } else if (index_.heads_only) {
      missing_.push_back({span.items, "the export was made without items"});
    } else if (span.current) {
      lost(span.items, span_place(span), "none of its items is there, and it is the current one");
    } else {
      missing_.push_back({span.items, "pruned"});
    }
  }

  void lost(StepRange steps, const std::string& place, std::string why) {
    missing_.push_back({steps, std::move(why), store_ + ": " + place});
  }

  [[nodiscard]] std::string place() const { return printable(vat_id_, 40); }
  [[nodiscard]] std::string range_place(StepRange range) const {
    return place() + " span " + std::to_string(range.begin) + ".." + std::to_string(range.end);
  }

  const SwingstoreIndex& index_;
  const std::string& store_;
  const std::string& vat_id_;
  uint64_t end_ = 0;  // what the rows so far account for
  std::vector<MissingSteps> missing_;
};

}  // namespace

std::vector<MissingSteps> find_missing_steps(const SwingstoreIndex& index, const std::string& store,
                                             const std::string& vat_id, bool lives) {
  return MissingFinder(index, store, vat_id).find(lives);
}

}  // namespace recrank::agoric
