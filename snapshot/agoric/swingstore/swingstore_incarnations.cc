// Format: docs/formats/swingset-2024.md ("Transcript items").
#include "snapshot/agoric/swingstore/swingstore_incarnations.h"

#include <iterator>

#include "base/error.h"
#include "snapshot/agoric/transcript_item.h"

namespace recrank::agoric {
namespace {

bool begins_incarnation(SwingstoreReader& reader, const SpanRow& span) {
  try {
    Step step;
    const StepRange first{span.items.begin, span.items.begin + 1};
    if (!reader.items(span.vat_id, first)->next(step.number, step.text)) return false;
    parse_transcript_item(step);
    return step.kind == StepKind::kInitializeWorker;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidData) throw;
    return false;  // verify() says what is wrong with it
  }
}

// A span that is not there may have begun another one.
bool may_hide_a_beginning(const SpanRow& span) { return !span.held && !span.items.empty(); }

}  // namespace

void mark_incarnations(SwingstoreIndex& index, SwingstoreReader& reader) {
  SpanRow* previous = nullptr;
  for (SpanRow& span : index.spans) {
    const bool first = previous == nullptr || previous->vat_id != span.vat_id;
    // Most spans go on with an incarnation: only those that may begin one are looked into.
    const bool may_begin =
        first || !index.numbers_incarnations || previous->incarnation != span.incarnation;
    span.begins = span.held && may_begin && begins_incarnation(reader, span);
    if (!index.numbers_incarnations && !first) {
      span.incarnation = previous->incarnation + (span.begins ? 1 : 0);
    }
    previous = &span;
  }
}

const SpanRow* beginning_of(const SwingstoreIndex& index, const std::string& vat_id,
                            uint64_t step) {
  const SpanRow* at = index.span_at(vat_id, step);
  if (at == nullptr) return nullptr;
  const SpanRow* const first = index.spans_of(vat_id).data();
  const uint64_t incarnation = at->incarnation;
  for (;; --at) {
    if (at->incarnation != incarnation) return nullptr;
    if (at->begins) return at;
    if (at == first) return nullptr;
    if (!index.numbers_incarnations && may_hide_a_beginning(*at)) return nullptr;
  }
}

bool is_of_latest_incarnation(const SwingstoreIndex& index, const std::string& vat_id,
                              uint64_t step) {
  const SpanRow* at = index.span_at(vat_id, step);
  if (at == nullptr) return true;
  const SpanRow& last = index.spans_of(vat_id).back();
  if (at->incarnation != last.incarnation) return false;
  for (; at != &last; ++at) {
    if (!index.numbers_incarnations && may_hide_a_beginning(*std::next(at))) return false;
  }
  return true;
}

}  // namespace recrank::agoric
