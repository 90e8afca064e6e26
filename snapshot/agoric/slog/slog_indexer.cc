// Format: docs/formats/slog.md
#include "snapshot/agoric/slog/slog_indexer.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "snapshot/agoric/dialect_names.h"

namespace recrank::agoric {
namespace {

// A person reads the notes; a log full of damage must not fill the memory either.
constexpr size_t kNotesMax = 200;
constexpr size_t kVatsMax = 100'000;

std::string at_line(LinePlace place) {
  return "line " + std::to_string(place.line) + " (byte " + std::to_string(place.offset) + ")";
}

// "bootstrap (from bundleID: b1-5dc9…)": kernels since 2022 say where the bundle came from.
std::string bundle_id_in(std::string_view description) {
  constexpr std::string_view kMark = "(from bundleID: ";
  const size_t at = description.find(kMark);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = description.substr(at + kMark.size());
  return std::string(rest.substr(0, std::min(rest.find(')'), rest.size())));
}

}  // namespace

SlogIndex index_slog(const SlogFile& file) { return SlogIndexer(file).run(); }

SlogIndex SlogIndexer::run() {
  LineReader reader({.fd = file_.fd, .name = file_.name, .end = file_.size});
  Line line;
  while (reader.next(line)) take_line(line);
  abandon_open("the log ends before", {file_.size, lines_}, false);
  if (records_ == 0) {
    throw Error(ErrorCode::kInvalidData, file_.name + ": none of its " + format_count(lines_) +
                                             " lines is a record of a slog");
  }
  conclude();
  return std::move(index_);
}

void SlogIndexer::take_line(const Line& line) {
  ++lines_;
  split_slog_line(line, pieces_);
  for (const SlogPiece& piece : pieces_) {
    const LinePlace place{line.place.offset + piece.at, line.place.line};
    if (piece.damaged) damaged(piece.text, place, line);
    else take_record(piece.text, place);
  }
  if (pieces_.size() > 1) {
    note(at_line(line.place) + ": " + std::to_string(pieces_.size()) +
         " records or parts of records stand on one line: a process was killed while it wrote");
  }
}

void SlogIndexer::damaged(std::string_view bytes, LinePlace place, const Line& line) {
  ++damaged_;
  block_.reset();  // the line may have begun another one
  const char* what = line.overlong ? " or more are one line that is too long to be a record"
                     : !line.ended ? " at the end of the file are a torn record"
                                   : " are not a record";
  note(at_line(place) + ": " + format_count(bytes.size()) + " bytes" + what);
}

void SlogIndexer::note(std::string text) {
  if (index_.notes.size() < kNotesMax) index_.notes.push_back(std::move(text));
  else ++notes_left_out_;
}

SlogIndexer::State& SlogIndexer::state_of(std::string_view vat_id) {
  const auto found = states_.find(vat_id);
  if (found != states_.end()) return found->second;
  if (states_.size() >= kVatsMax) {
    throw Error(ErrorCode::kInvalidData,
                file_.name + ": more than " + format_count(kVatsMax) + " vats");
  }
  State& state = states_[std::string(vat_id)];
  state.vat.id = vat_id;
  return state;
}

void SlogIndexer::take_record(std::string_view text, LinePlace place) {
  const auto head = read_slog_head(text);
  if (!head) {
    ++damaged_;
    block_.reset();
    note(at_line(place) + ": " + format_count(text.size()) + " bytes are not a record");
    return;
  }
  if (head->says_replay || head->type == SlogType::kCrankStart) index_.dialect = kXsnap2024;
  if (head->type != SlogType::kOther) ++records_;
  if (head->replay) return;  // shown again to a new worker; the first showing is what counts
  dispatch(*head, text, place);
}

void SlogIndexer::dispatch(const SlogHead& head, std::string_view text, LinePlace place) {
  switch (head.type) {
    case SlogType::kOther: return see_block(head);
    case SlogType::kImportKernelStart: return process_starts(place);
    case SlogType::kCreateVat: return create_vat(head, place);
    case SlogType::kStartReplay: return start_replay(head, place);
    case SlogType::kCrankStart:
      if (head.crank) see_crank(*head.crank, place);
      return crank_message(head, text);
    case SlogType::kClist:
      if (head.crank) see_crank(*head.crank, place);
      return;
    case SlogType::kDeliver: return deliver(head, text, place);
    case SlogType::kSyscall: return syscall(head, text, place);
    case SlogType::kSyscallResult: return syscall_result(head, text);
    case SlogType::kDeliverResult: return deliver_result(head, text, place);
    case SlogType::kHeapSnapshotSave: return heap_snapshot(head, place);
    case SlogType::kTerminate: return terminate(head, text);
  }
}

void SlogIndexer::create_vat(const SlogHead& head, LinePlace place) {
  if (head.vat_id.empty()) return;
  State& state = state_of(head.vat_id);
  infer_process_start(state, place);
  state.created = true;
  state.created_process = process_;
  state.damaged_at_create = damaged_;
  state.loaded_process = process_;
  state.vat.state = SubjectState::kAlive;
  state.vat.dynamic = head.dynamic;
  if (!head.name.empty()) state.vat.name = printable(head.name, 200);
  if (!head.manager.empty()) state.vat.manager = printable(head.manager, 40);
  state.fresh_create = Create{place, bundle_id_in(head.description)};
  // Until an upgrade, every process logs the same vat again; the first record serves them all.
  const bool other_program = index_.dialect == kXsnap2024 || state.vat.next() == 0;
  if (other_program || !state.last_create) state.last_create = state.fresh_create;
  const std::string& bundle_id = state.fresh_create->bundle_id;
  if (!bundle_id.empty()) index_.bundles.try_emplace(bundle_id, place);
}

void SlogIndexer::heap_snapshot(const SlogHead& head, LinePlace place) {
  if (head.vat_id.empty() || !head.end_position) return;
  State& state = state_of(head.vat_id);
  if (*head.end_position < state.vat.next()) take_back_from(state, *head.end_position, place);
  see_next_step(state, *head.end_position);
  state.vat.add_snapshot(*head.end_position, head.snapshot_id, head.heap_bytes.value_or(0));
}

void SlogIndexer::conclude_numbering(State& state) {
  SlogVat& vat = state.vat;
  if (state.numbered_process == state.unnumbered_process) end_unnumbered(state);
  if (counts_on_ && !counts_anew_) vat.unnumbered_before = 0;
  if (vat.unnumbered_before == 0) return;
  unnumbered_ += unnumbered_.empty() ? "" : ", ";
  unnumbered_ += vat.id + " up to " + std::to_string(vat.unnumbered_before - 1);
}

void SlogIndexer::conclude() {
  list_ends();
  for (auto& [id, state] : states_) {
    settle_doubt(state);
    if (state.takebacks > 0) {
      note(id + ": the kernel took steps back " + format_count(state.takebacks) +
           " times and used their numbers again, first at line " +
           std::to_string(state.first_takeback_line) + "; the later ones count");
    }
    if (state.vat.incarnations.empty() && state.last_create) note_incarnation(state, false, 0);
    if (state.unnumbered_process) conclude_numbering(state);
    list_missing(state);
    if (state.created || !state.vat.held.empty()) index_.vats.push_back(std::move(state.vat));
  }
  std::sort(index_.vats.begin(), index_.vats.end(),
            [](const SlogVat& a, const SlogVat& b) { return vat_id_less(a.id, b.id); });
  if (!unnumbered_.empty()) {
    note(
        "the log does not say how many deliveries went before its first ones, as where it begins "
        "inside a process: the numbers of " +
        unnumbered_ + " may be lower than the kernel's");
  }
  if (orphans_ > 0) {
    note(orphans_ == 1
             ? "1 end of a delivery stands without its beginning"
             : format_count(orphans_) + " ends of deliveries stand without their beginning");
  }
  if (notes_left_out_ > 0) {
    index_.notes.push_back(counted(notes_left_out_, "more note") +
                           (notes_left_out_ == 1 ? " is" : " are") + " left out");
  }
  index_.facts = {{"bytes", std::to_string(file_.size)},
                  {"lines", std::to_string(lines_)},
                  {"deliveries", std::to_string(deliveries_)},
                  {"kernelStarts", std::to_string(process_)},
                  {"lastCrank", last_crank_ ? std::to_string(*last_crank_) : "none"},
                  {"damagedLines", std::to_string(damaged_)}};
}

}  // namespace recrank::agoric
