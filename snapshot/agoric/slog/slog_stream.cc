// Format: docs/formats/slog.md ("Reading the steps of a vat")
#include "snapshot/agoric/slog/slog_stream.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "snapshot/agoric/slog/slog_delivery.h"
#include "snapshot/agoric/slog/slog_line.h"

namespace recrank::agoric {
namespace {

// A step that the kernel added to the transcript without a delivery.
struct Pseudo {
  uint64_t number = 0;
  StepKind kind = StepKind::kDelivery;
  std::string text;      // the delivery's JSON
  std::string snapshot;  // its hash
};

class SlogStream : public StepStream {
 public:
  SlogStream(const SlogFile& file, const SlogIndex& index, const SlogVat& vat, StepRange range)
      : file_(file),
        index_(index),
        vat_(vat),
        next_(range.begin),
        end_(range.end),
        reader_({.fd = file.fd, .name = file.name, .end = file.size}) {}

  bool next(Step& step) override {
    if (next_ == end_) return false;
    step.clear();
    open_ = false;
    if (pseudo_.empty() && pieces_left_ == 0) jump();
    while (!take_pseudo(step)) {
      if (read_until_step(step)) break;
    }
    ++next_;
    return true;
  }

 private:
  // Goes to the last delivery that is not behind the wanted step, past what others did before it.
  void jump() {
    const auto mark = vat_.marks().last_until(next_);
    if (mark && mark->place.offset > reader_.place().offset) reader_.seek(mark->place);
  }

  bool take_pseudo(Step& step) {
    while (!pseudo_.empty() && pseudo_.front().number < next_) pseudo_.pop_front();
    if (pseudo_.empty() || pseudo_.front().number != next_) return false;
    const Pseudo& pseudo = pseudo_.front();
    step.clear();
    open_ = false;
    step.number = pseudo.number;
    step.kind = pseudo.kind;
    step.text = pseudo.text;
    step.arena = pseudo.snapshot;
    step.delivery = step.text;
    step.expected_snapshot = step.arena;
    step.status = RecordedStatus::kOk;
    set_chain_place(step);
    pseudo_.pop_front();
    return true;
  }

  // Reads records until the wanted delivery is complete (true) or pseudo steps are at hand.
  bool read_until_step(Step& step) {
    for (;;) {
      if (pieces_left_ == 0) read_line();
      const SlogPiece piece = pieces_[pieces_.size() - pieces_left_--];
      const LinePlace place{line_.place.offset + piece.at, line_.place.line};
      if (with_context([&] { return describe(place); },
                       [&] { return take_piece(piece, place, step); })) {
        return true;
      }
      if (!pseudo_.empty()) return false;
    }
  }

  void read_line() {
    do {
      if (!reader_.next(line_)) {
        throw Error(ErrorCode::kInvalidData, file_.name + ": " + vat_.id + " step " +
                                                 std::to_string(next_) +
                                                 " is not in the log any more");
      }
      split_slog_line(line_, pieces_);
      pieces_left_ = pieces_.size();
    } while (pieces_left_ == 0);
  }

  std::string describe(LinePlace place) const {
    return to_string(file_.name, place) + ": " + vat_.id + " step " + std::to_string(next_);
  }

  // True when the wanted step is complete.
  bool take_piece(const SlogPiece& piece, LinePlace place, Step& step) {
    const auto head = piece.damaged ? std::nullopt : read_slog_head(piece.text);
    if (!head) {
      if (open_) throw Error(ErrorCode::kInvalidData, "the line is damaged");
      return false;
    }
    if (head->vat_id != vat_.id || head->replay) return false;
    switch (head->type) {
      case SlogType::kDeliver: begin(*head, piece.text, place, step); return false;
      case SlogType::kHeapSnapshotSave: snapshot(*head, place); return false;
      case SlogType::kSyscall:
        if (open_) delivery_.syscall(*head, piece.text, step);
        return false;
      case SlogType::kSyscallResult:
        if (open_) delivery_.syscall_result(*head, piece.text, step);
        return false;
      case SlogType::kDeliverResult:
        if (!std::exchange(open_, false)) return false;
        delivery_.end(*head, piece.text, step);
        if (step.status == RecordedStatus::kFailed && was_kept(step.number)) {
          step.status = RecordedStatus::kError;
        }
        return true;
      default: return false;
    }
  }

  // A mark belongs to the crank of the delivery that the kernel made it with.
  void set_chain_place(Step& step) const {
    step.crank = crank_;
    step.block = block_;
  }

  bool was_kept(uint64_t number) const {
    return std::binary_search(vat_.committed_errors.begin(), vat_.committed_errors.end(), number);
  }

  void begin(const SlogHead& head, std::string_view record, LinePlace place, Step& step) {
    // One that was open had no end: its process died, and the delivery is made again here.
    open_ = false;
    step.clear();
    if (!head.delivery) return;
    crank_ = head.crank;
    block_ = block_at(index_, place.offset);
    const uint64_t number = vat_.number_of(*head.delivery, place.offset);
    newest_ = number;
    if (number < next_ || vat_.taken_back(number, place.offset)) return;
    if (const auto mark = vat_.marks().at_offset(place.offset);
        mark && mark->number < number && mark->number <= next_ && next_ < number) {
      begin_incarnation(mark->number, number);
      ++pieces_left_;  // the delivery itself comes after them
      return;
    }
    if (number > next_) {
      throw Error(ErrorCode::kInvalidData,
                  "missing: the next delivery is " + std::to_string(number));
    }
    step.number = number;
    set_chain_place(step);
    delivery_.begin(head, record, step);
    open_ = true;
  }

  void begin_incarnation(uint64_t first, uint64_t start_vat) {
    if (first + 2 == start_vat) {
      pseudo_.push_back({first, StepKind::kShutdownWorker, "[\"shutdown-worker\"]", ""});
    }
    const uint64_t number = start_vat - 1;
    const std::string& bundle_id = vat_.incarnations.empty()
                                       ? std::string()
                                       : vat_.incarnations[vat_.incarnation_of(number)].bundle_id;
    pseudo_.push_back({number, StepKind::kInitializeWorker,
                       bundle_id.empty() ? "[\"initialize-worker\"]"
                                         : "[\"initialize-worker\",{\"source\":{\"bundleID\":" +
                                               json_quote(bundle_id) + "}}]",
                       ""});
  }

  void snapshot(const SlogHead& head, LinePlace place) {
    if (!head.end_position) return;
    const uint64_t position = *head.end_position;
    if (position + 1 < next_ || vat_.taken_back(position, place.offset)) return;
    if (newest_ + 1 != position) {  // the record of its own delivery is damaged
      crank_.reset();
      block_.reset();
    }
    const std::string id(head.snapshot_id);
    pseudo_.push_back({position, StepKind::kSaveSnapshot, "[\"save-snapshot\"]", id});
    pseudo_.push_back({position + 1, StepKind::kLoadSnapshot,
                       "[\"load-snapshot\",{\"snapshotID\":\"" + id + "\"}]", id});
  }

  const SlogFile& file_;
  const SlogIndex& index_;
  const SlogVat& vat_;
  uint64_t next_;
  uint64_t end_;
  LineReader reader_;
  Line line_;
  std::vector<SlogPiece> pieces_;
  size_t pieces_left_ = 0;
  std::deque<Pseudo> pseudo_;
  SlogDelivery delivery_;
  bool open_ = false;
  uint64_t newest_ = 0;            // the vat's newest delivery that was read
  std::optional<uint64_t> crank_;  // its crank and block
  std::optional<uint64_t> block_;
};

}  // namespace

std::unique_ptr<StepStream> open_slog_stream(const SlogFile& file, const SlogIndex& index,
                                             const SlogVat& vat, StepRange range) {
  return std::make_unique<SlogStream>(file, index, vat, range);
}

}  // namespace recrank::agoric
