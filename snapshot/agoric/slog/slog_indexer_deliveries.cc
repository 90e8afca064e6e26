// Format: docs/formats/slog.md ("Deliveries", "Numbers").
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/slog/slog_end.h"
#include "snapshot/agoric/slog/slog_indexer.h"

namespace recrank::agoric {
namespace {

// Of each vat: what a person reads, whatever the damage.
constexpr size_t kPartsMax = 100;

bool contains(std::string_view text, std::string_view part) {
  return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

bool begins_vat(const SlogHead& head, std::string_view text) {
  if (!head.dispatch.empty()) return head.dispatch == "startVat";
  return contains(text, "\"vd\":[\"startVat\"");
}

// The member `name` of the object `text`, raw; empty when it is not there.
std::string_view member_of(std::string_view text, std::string_view name) {
  JsonCursor cursor(text);
  cursor.enter_object();
  std::string_view found;
  while (const auto key = cursor.next_key()) {
    const std::string_view raw = cursor.raw_value();
    if (*key == name) found = raw;
  }
  return found;
}

// Runs `body`; JSON that it cannot read is as if the record were not there: what hangs on it here
// is a nicety, and the damage is reported where the record matters.
template <typename Body>
void tolerantly(Body&& body) {
  try {
    body();
  } catch (const Error&) {
    return;
  }
}

}  // namespace

void SlogIndexer::start_replay(const SlogHead& head, LinePlace place) {
  if (head.vat_id.empty() || !head.deliveries || index_.dialect == kXsnap2024) return;
  State& state = state_of(head.vat_id);
  state.loaded_process = process_;
  if (state.replayed_process == process_ && process_ > 0) return;  // loaded once more
  state.replayed = head.deliveries;
  state.replayed_process = process_;
  if (counts_anew_ && !state.unnumbered_process && *head.deliveries < state.vat.next()) {
    // The whole transcript that the kernel has: what goes beyond it was lost.
    state.vat.take_back(*head.deliveries, place.offset);
    state.doubt.reset();
  }
}

// Its later steps have numbers of another kind.
void SlogIndexer::end_unnumbered(State& state) {
  settle_doubt(state);  // they cannot say where to cut
  uint64_t& end = state.vat.unnumbered_before;
  const bool of_these = state.numbered_process == state.unnumbered_process;
  end = of_these ? state.vat.next() : std::min(end, state.vat.next());
}

// Gives the vat's deliveries of this process their numbers, at the first of them.
void SlogIndexer::settle_numbering(State& state, uint64_t delivery, LinePlace place) {
  if (index_.dialect == kXsnap2024 || state.numbered_process == process_) return;
  if (state.unnumbered_process) end_unnumbered(state);
  state.numbered_process = process_;
  state.number_unknown = false;
  if (state.replayed && state.replayed_process == process_) {
    const uint64_t base = delivery >= *state.replayed ? 0 : *state.replayed;
    counts_anew_ = counts_anew_ || base > 0;
    counts_on_ = counts_on_ || (base == 0 && *state.replayed > 0);
    state.vat.set_base(place.offset, base);
  } else if (process_ > 0 && (delivery == 0 || counts_anew_) && state.vat.next() > 0) {
    state.number_unknown = true;
    note(state.vat.id + ": its deliveries from line " + std::to_string(place.line) +
         " on are left out: they count from 0, and no start-replay record says how many went "
         "before");
  } else {
    // It was logged, and a start-replay may have followed on a line that is damaged.
    const bool lost = state.vat.next() == 0 && damaged_ > state.damaged_at_create;
    if ((process_ == 0 && !state.created) || lost) state.unnumbered_process = process_;
    state.vat.set_base(place.offset, 0);
  }
}

void SlogIndexer::deliver(const SlogHead& head, std::string_view text, LinePlace place) {
  abandon_open("the next delivery came before", place, true);
  if (head.vat_id.empty() || !head.delivery || !head.crank) return;
  presume_terminated();
  see_crank(*head.crank, place);
  note_block(place);
  State& state = state_of(head.vat_id);
  if (state.vat.manager == "local") return;  // the kernel keeps no transcript of it
  settle_numbering(state, *head.delivery, place);
  if (state.number_unknown) return;
  const uint64_t number = state.vat.number_of(*head.delivery, place.offset);
  if (number < state.vat.next()) {
    if (!state.doubt && state.takebacks++ == 0) state.first_takeback_line = place.line;
    take_back_from(state, number, place);
  }
  open_ = Open{.state = &state,
               .crank = *head.crank,
               .delivery = *head.delivery,
               .number = number,
               .place = place,
               .starts_vat = index_.dialect == kXsnap2024 && begins_vat(head, text)};
}

// `lost`: its end was recorded, and its record is not in the log any more.
void SlogIndexer::abandon_open(const char* why, LinePlace place, bool lost) {
  if (!open_) return;
  keep_part(*open_->state, open_->number, std::string(why) + " its end was recorded",
            lost ? to_string(file_.name, open_->place) : "");
  open_->state->vat.take_back(open_->number, place.offset);
  note(open_->state->vat.id + ": delivery " + std::to_string(open_->number) + " (line " +
       std::to_string(open_->place.line) + ", crank " + std::to_string(open_->crank) +
       ") is left out: " + why + " its end was recorded");
  open_.reset();
}

void SlogIndexer::deliver_result(const SlogHead& head, std::string_view text, LinePlace place) {
  ++deliveries_;
  const bool matches = open_ && head.vat_id == open_->state->vat.id && head.crank == open_->crank &&
                       head.delivery == open_->delivery;
  if (!matches) {
    const auto found = states_.find(head.vat_id);
    const bool kept = found == states_.end() ||
                      (found->second.vat.manager != "local" && !found->second.number_unknown);
    if (kept) ++orphans_;
    see_orphan(head, place);
    return;
  }
  if (contains(text, "\"dr\":[\"error\",\"Compute meter exceeded\"")) {
    open_->state->vat.metered = true;
  }
  const bool failed = contains(text, "\"dr\":[\"error\"");
  if (failed) failed_step(*open_->state, *open_, text);
  finish(*open_, failed);
  open_.reset();
}

// A part of a delivery whose begin is not in the log. Where the log begins, it is part of what went
// before.
void SlogIndexer::see_orphan(const SlogHead& head, LinePlace place) {
  const auto found = states_.find(head.vat_id);
  if (found == states_.end() || !head.delivery) return;
  State& state = found->second;
  if (state.vat.manager == "local" || state.number_unknown || state.vat.next() == 0) return;
  if (index_.dialect != kXsnap2024 && state.numbered_process != process_) return;
  const uint64_t number = state.vat.number_of(*head.delivery, place.offset);
  if (number < state.vat.next()) return;
  keep_part(state, number, "its begin is missing", to_string(file_.name, place));
}

void SlogIndexer::keep_part(State& state, uint64_t number, std::string why, std::string lost_at) {
  if (state.parts.size() >= kPartsMax) return;
  if (!state.parts.empty() && state.parts.back().steps.begin == number) return;
  state.parts.push_back({{number, number + 1}, std::move(why), std::move(lost_at)});
}

// What was made again later stands.
void SlogIndexer::list_missing(State& state) {
  for (MissingSteps& part : state.parts) {
    const bool held = std::any_of(state.vat.held.begin(), state.vat.held.end(),
                                  [&](StepRange r) { return r.contains(part.steps.begin); });
    if (!held) state.vat.missing.push_back(std::move(part));
  }
  std::sort(state.vat.missing.begin(), state.vat.missing.end(),
            [](const auto& a, const auto& b) { return a.steps.begin < b.steps.begin; });
}

// A failed step whose number is not used again was kept: the kernel ignores how the
// bringOutYourDead in front of a heap snapshot ends.
void SlogIndexer::see_next_step(State& state, uint64_t number) const {
  if (index_.dialect == kXsnap2024 && state.failed && number == *state.failed + 1) {
    state.vat.committed_errors.push_back(*state.failed);
  }
  state.failed.reset();
}

void SlogIndexer::finish(const Open& delivery, bool failed) {
  State& state = *delivery.state;
  SlogVat& vat = state.vat;
  uint64_t first = delivery.number;
  if (delivery.starts_vat && first > 0) {
    // The kernel's own entries in front of it, which the log does not show: "initialize-worker",
    // and before that the "shutdown-worker" of the incarnation that an upgrade ended.
    --first;
    if (first > 0 && vat.next() > 0 && vat.next() < first) --first;
    first = std::max(first, vat.next());
  }
  see_next_step(state, first);
  if (failed) state.failed = delivery.number;
  vat.add(first, delivery.number, delivery.place);
  vat.state = SubjectState::kAlive;
  if (!state.first_crank) state.first_crank = delivery.crank;
  state.last_crank = delivery.crank;
  note_incarnation(state, delivery.starts_vat, first);
}

void SlogIndexer::note_incarnation(State& state, bool starts_vat, uint64_t first) {
  auto& all = state.vat.incarnations;
  if (starts_vat) {
    SlogIncarnation incarnation;
    const uint64_t number = state.vat.next() - 1;  // of startVat
    incarnation.first_step = number > first ? number - 1 : first;
    if (state.fresh_create) {
      incarnation.create = state.fresh_create->place;
      incarnation.bundle_id = state.fresh_create->bundle_id;
    } else {
      incarnation.bundle_id = state.vat.upgrade_bundle_id;
    }
    all.push_back(std::move(incarnation));
  } else if (all.empty()) {
    all.emplace_back();
    if (state.last_create) {
      all.back().create = state.last_create->place;
      all.back().bundle_id = state.last_create->bundle_id;
    }
  } else if (state.fresh_create && !all.back().create) {
    all.back().create = state.fresh_create->place;
    all.back().bundle_id = state.fresh_create->bundle_id;
  }
  state.fresh_create.reset();
}

void SlogIndexer::syscall(const SlogHead& head, std::string_view text, LinePlace place) {
  if (!open_) see_orphan(head, place);
  if (index_.dialect == kXsnap2021 && open_ && head.delivery == open_->delivery + 1) {
    counts_anew_ = true;
  }
  if (!contains(text, "[\"callNow\",")) return;
  if (!contains(text, ",\"create") && !contains(text, ",\"terminateWithFailure\"")) return;
  tolerantly([&] { device_call(head, member_of(text, "vsc"), place); });
}

// A call of the vatAdmin vat to its device: ["callNow","d-70",method,{"body":arguments,…}].
void SlogIndexer::device_call(const SlogHead& head, std::string_view vsc, LinePlace place) {
  JsonCursor call(vsc);
  call.enter_array();
  std::string words[3];
  for (std::string& word : words) {
    if (!call.next_element()) return;
    word = call.string_value();
  }
  if (words[0] != "callNow" || !call.next_element()) return;
  if (words[2] == "createByName" || words[2] == "create") {
    asked_ = Asked{head.crank.value_or(0), place};
  } else if (words[2] == "terminateWithFailure") {
    // The only trace of an end that another vat demands: the kernel logs no "terminate" for it.
    const std::string body = json_unescape(member_of(call.raw_value(), "body"));
    JsonCursor arguments(std::string_view(body).substr(body.starts_with('#') ? 1 : 0));
    arguments.enter_array();
    if (!arguments.next_element()) return;
    const auto found = states_.find(arguments.string_value());
    if (found == states_.end()) return;
    end_of(found->second, arguments.next_element() ? words_of_value(arguments.raw_value()) : "");
    found->second.terminate_crank = head.crank.value_or(0);
  }
}

void SlogIndexer::syscall_result(const SlogHead& head, std::string_view text) {
  if (!asked_) return;
  const Asked asked = *std::exchange(asked_, std::nullopt);
  if (head.crank != asked.crank) return;
  tolerantly([&] {
    JsonCursor answer(member_of(text, "vsr"));
    answer.enter_array();
    if (!answer.next_element() || answer.string_value() != "ok" || !answer.next_element()) return;
    const std::string body = json_unescape(member_of(answer.raw_value(), "body"));  // "\"v8\""
    const std::string id = json_unescape(body);
    if (id.size() < 2 || id[0] != 'v' || id.size() > 20) return;
    if (id.find_first_not_of("0123456789", 1) != std::string::npos) return;
    state_of(id).vat.options_call = asked.place;
  });
}

// What the kernel is about to do: "create-vat" tells whether the new vat is metered, "upgrade-vat"
// which bundle comes next.
void SlogIndexer::crank_message(const SlogHead& head, std::string_view text) {
  const bool creates = head.message_type == "create-vat";
  if (!creates && head.message_type != "upgrade-vat") return;
  tolerantly([&] {
    const std::string_view message = member_of(text, "message");
    const std::string id = json_unescape(member_of(message, "vatID"));
    if (id.size() < 2 || id.size() > 20 || id[0] != 'v') return;
    if (!creates) {
      state_of(id).vat.upgrade_bundle_id = json_unescape(member_of(message, "bundleID"));
      return;
    }
    const std::string_view options = member_of(message, "dynamicOptions");
    if (!options.empty() && !member_of(options, "meterID").empty()) {
      state_of(id).vat.metered = true;
    }
  });
}

}  // namespace recrank::agoric
