// Format: docs/formats/montana.md
#include "snapshot/montana/montana.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "snapshot/montana/montana_directory.h"
#include "snapshot/montana/montana_state.h"
#include "snapshot/montana/montana_step.h"
#include "snapshot/montana/montana_verify.h"
#include "snapshot/one_subject_recording.h"

namespace recrank::montana {
namespace {

using namespace montana;

class WindowStream : public StepStream {
 public:
  WindowStream(const Directory& directory, StepRange range)
      : directory_(directory), next_(range.begin), end_(range.end) {}

  bool next(Step& step) override {
    if (next_ >= end_) return false;
    step.clear();
    with_context([&] { return directory_.shown_proposal(next_); },
                 [&] {
                   step.text = read_envelope(directory_, next_);
                   fill_step(next_, step);
                 });
    ++next_;
    return true;
  }

 private:
  const Directory& directory_;
  uint64_t next_;
  uint64_t end_;
};

std::string windows_text(const std::vector<StepRange>& windows) {
  std::string text;
  for (const StepRange& range : windows) {
    text += (text.empty() ? "" : ", ") + std::to_string(range.begin) + ".." +
            std::to_string(range.end - 1);
  }
  return text.empty() ? "none" : text;
}

constexpr const char* kOtherTables =
    "replay it with --checkpoint DIR, a copy of the directory of an earlier window";

class MontanaRecording : public OneSubjectRecording {
 public:
  MontanaRecording(const std::filesystem::path& path, const std::string& shown)
      : directory_(read_directory(path, shown)), state_(look_at_state(directory_)) {
    torn_ = joined(tears(state_.marks), "; ");
    if (state_.marks.tables) describe_checkpoint();
    describe_info(shown);
    describe_subject();
  }

  std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    check_subject(subject_id);
    if (!checkpoint_) return {};
    return {*checkpoint_};
  }

  std::unique_ptr<StepStream> steps(const std::string& subject_id, StepRange range) const override {
    check_held(subject_id, range);
    return std::make_unique<WindowStream>(directory_, range);
  }

  UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                         SnapshotTrust trust) const override {
    check_subject(subject_id);
    if (!checkpoint_ || checkpoint.next_step != checkpoint_->next_step) {
      throw Error(ErrorCode::kUsage, info_.path + ": there is no " + checkpoint.label());
    }
    const ScratchDir scratch;
    UniqueFd file = open_nameless(scratch.path());
    const std::string sha256 = pack(file.get());
    if (trust == SnapshotTrust::kHash && sha256 != checkpoint_->sha256) {
      throw Error(ErrorCode::kInvalidData,
                  info_.path +
                      ": the tables have changed since they were looked at (is the node "
                      "running? copy its directory first)");
    }
    return file;
  }

  HashReport verify(const VerifyScope& scope) const override {
    if (!scope.subject_id.empty()) check_subject(scope.subject_id);
    return verify_montana(directory_, state_, scope);
  }

 private:
  // Writes the packed tables where a file is given; their sha256.
  std::string pack(int file) const {
    Sha256 hash;
    const auto put = [&](std::string_view bytes) {
      hash.update(bytes);
      if (file >= 0) write_all(file, bytes, "packed tables");
    };
    put(encode(packed_head()));
    for (const Table table : kTables) {
      const std::string name(file_name(table));
      const UniqueFd fd = open_for_read(directory_.path / name);
      for_each_record(fd.get(), 0, state_.table(table).bytes, table, directory_.shown + "/" + name,
                      [&](uint64_t, std::string_view record) { put(record); });
    }
    for (const Table table : kTables) put(state_.table(table).hashes);
    return hash.finish_hex();
  }

  PackedHead packed_head() const {
    PackedHead head;
    head.window = *state_.marks.tables;
    head.clock_hashes = state_.clock_hashes;
    head.clock_before = state_.clock_before;
    head.header = state_.header;
    for (const Table table : kTables) {
      head.records[static_cast<size_t>(table)] = state_.table(table).records(table);
    }
    return head;
  }

  void describe_checkpoint() {
    Checkpoint checkpoint;
    checkpoint.kind = CheckpointKind::kTables;
    checkpoint.next_step = *state_.marks.tables + 1;
    checkpoint.sha256 = pack(-1);
    checkpoint.size_bytes = kPackedHeadBytes;
    for (const TableState& table : state_.tables) {
      checkpoint.size_bytes += table.bytes + table.hashes.size();
    }
    if (!torn_.empty()) {
      checkpoint.only_when_asked =
          torn_words() + ": --from " + std::to_string(checkpoint.next_step) + " replays from there";
    }
    checkpoint_ = std::move(checkpoint);
  }

  [[nodiscard]] std::string torn_words() const {
    return "the directory is torn: " + torn_ + "; the last consistent window is " +
           std::to_string(*state_.marks.tables);
  }

  // "whole at window 10", "torn: …", "of no window: …".
  [[nodiscard]] std::string state_words() const {
    if (!state_.marks.tables) {
      // A node that was synced fast has sound tables and no window yet.
      if (directory_.windows.empty() && state_.tables_are_readable()) {
        return "unproven: no window is held that its tables could be of" + and_torn();
      }
      return "of no window: " + state_.table_words() + and_torn();
    }
    if (!torn_.empty()) return "torn: " + torn_;
    return "whole at window " + std::to_string(*state_.marks.tables) +
           (state_.clock_ahead() ? ", its clock one tick ahead" : "");
  }

  // Behind other words on the state.
  [[nodiscard]] std::string and_torn() const { return torn_.empty() ? "" : "; " + torn_; }

  void describe_info(const std::string& shown) {
    info_.kind = "montana";
    info_.dialect = kMontanaDialect;
    info_.path = shown;
    const auto fact = [&](const char* name, const std::optional<uint64_t>& value) {
      info_.facts.emplace_back(name, value ? std::to_string(*value) : "unknown");
    };
    info_.facts.emplace_back("state", state_words());
    info_.facts.emplace_back("windows", windows_text(directory_.windows));
    fact("tables_at", state_.marks.tables);
    fact("current_window", state_.marks.current_window);
    fact("last_cemented", state_.marks.last_cemented);
    fact("clock_at", state_.marks.clock);
    fact("last_proposal", state_.marks.last_proposal);
    std::optional<uint64_t> hashes;
    if (directory_.clock) hashes = directory_.clock->hashes;
    fact(kClockHashesFact, hashes);
    fact("nodes", state_.table(Table::kNodes).records(Table::kNodes));
    fact("candidates", state_.table(Table::kCandidates).records(Table::kCandidates));
    fact("accounts", state_.table(Table::kAccounts).records(Table::kAccounts));
    info_.notes = directory_.notes;
    for (const FileDamage& damage : directory_.damage) {
      info_.notes.push_back("damaged: " + damage.file + ": " + damage.what);
    }
    if (!state_.clock_damage.empty()) {
      info_.notes.push_back("damaged: meta/timechain.bin: " + state_.clock_damage);
    }
    if (!torn_.empty() && checkpoint_) {
      const bool goes_on = directory_.holds(checkpoint_->next_step);
      info_.notes.push_back(goes_on ? checkpoint_->only_when_asked : torn_words());
    }
  }

  void describe_subject() {
    Subject& subject = subjects_.front();
    subject.id = kNodeSubject;
    subject.manager = "montana";
    subject.kind = "node";
    subject.held = directory_.windows;
    const auto& [cemented, last] =
        std::pair(state_.marks.last_cemented, state_.marks.last_proposal);
    if (cemented && last && *cemented > *last) {
      subject.missing.push_back(
          {{*last + 1, *cemented + 1}, "cemented, but without a proposal in proposals/"});
    }
    subject.not_replayable = why_not();
  }

  // Why no window can be replayed with the directory's own tables; empty when some can.
  [[nodiscard]] std::string why_not() const {
    if (directory_.windows.empty()) return "it holds no window: proposals/ is empty or missing";
    if (!checkpoint_) {
      return "its tables are of no window that it holds (" + state_.table_words() + and_torn() +
             "): take another copy, or " + kOtherTables;
    }
    if (directory_.holds(checkpoint_->next_step)) return "";
    const std::string stands = "its tables stand at window " +
                               std::to_string(*state_.marks.tables) + ", and window " +
                               std::to_string(checkpoint_->next_step) + " is not held";
    return (torn_.empty() ? "" : "the directory is torn: " + torn_ + "; ") + stands +
           ", so there is none to replay: " + kOtherTables;
  }

  Directory directory_;
  State state_;
  std::string torn_;
  std::optional<Checkpoint> checkpoint_;
};

Part montana_companion(const std::filesystem::path& name) {
  if (name.filename() == "identity.bin") return Part::kNever;  // a node's secret keys
  return montana::is_montana_file(name) ? Part::kYes : Part::kNo;
}

}  // namespace

std::unique_ptr<Recording> open_montana(const std::filesystem::path& path,
                                        const std::string& shown_path) {
  return std::make_unique<MontanaRecording>(path, shown_path);
}

const Format kMontanaFormat{.name = "montana",
                            .words = "a Montana node's data directory",
                            .accepted = "a Montana node's data directory",
                            .rank = Rank::kState,
                            .shape = Shape::kDirectory,
                            .recognise_directory = montana::is_montana_directory,
                            .open = open_montana,
                            .companion = montana_companion};

}  // namespace recrank::montana
