// Format: docs/formats/capsule.md
#include "snapshot/capsule/capsule.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "snapshot/capsule/capsule_blocks.h"
#include "snapshot/capsule/capsule_format.h"
#include "snapshot/capsule/capsule_manifest.h"
#include "snapshot/capsule/capsule_value.h"
#include "snapshot/capsule/capsule_verify.h"
#include "snapshot/lmdb/lmdb_check.h"
#include "snapshot/lmdb/lmdb_env.h"
#include "snapshot/lmdb/lmdb_meta.h"

namespace recrank {
namespace {

constexpr size_t kFactBytesMax = 400;

// The blocks from the one that holds a step on. Views die with it.
class BlockWalk {
 public:
  BlockWalk(const LmdbEnv& env, MDB_dbi dbi, uint64_t step, CapsuleForm form_max)
      : txn_(env), cursor_(txn_, dbi), form_max_(form_max) {
    // The first key behind `step`, whose block may begin earlier.
    record_ = cursor_.seek_at_or_before(capsule_steps_key(step));
  }

  // nullptr: no further block. The reader is the walk's.
  CapsuleBlockReader* next() {
    if (!record_ || !record_->first.starts_with(kCapsuleStepsPrefix)) return nullptr;
    const std::string place =
        txn_.env().shown() + ": block '" + printable(record_->first, 60) + "'";
    reader_.emplace(record_->second, place, form_max_);
    if (capsule_steps_key(reader_->first_step()) != record_->first) {
      throw Error(ErrorCode::kInvalidData,
                  place + ": begins with step " + std::to_string(reader_->first_step()));
    }
    record_ = cursor_.next();
    return &*reader_;
  }

 private:
  LmdbTxn txn_;
  LmdbCursor cursor_;
  CapsuleForm form_max_;
  std::optional<std::pair<std::string_view, std::string_view>> record_;
  std::optional<CapsuleBlockReader> reader_;
};

class CapsuleStream : public StepStream {
 public:
  CapsuleStream(const LmdbEnv& env, MDB_dbi dbi, StepRange range, CapsuleForm form_max)
      : shown_(env.shown()), walk_(env, dbi, range.begin, form_max), range_(range) {}

  bool next(Step& step) override {
    if (range_.empty()) return false;
    for (;;) {
      if (block_ == nullptr && (block_ = walk_.next()) == nullptr) {
        fail("step " + std::to_string(range_.begin) + " is missing");
      }
      if (!block_->next(step)) {
        block_ = nullptr;
      } else if (step.number == range_.begin) {
        ++range_.begin;
        return true;
      } else if (step.number > range_.begin) {
        fail("step " + std::to_string(range_.begin) + " is missing: step " +
             std::to_string(step.number) + " stands in its place");
      }
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kInvalidData, shown_ + ": " + what);
  }

  std::string shown_;
  BlockWalk walk_;
  StepRange range_;
  CapsuleBlockReader* block_ = nullptr;
};

class Capsule : public Recording {
 public:
  Capsule(const std::filesystem::path& file, const std::string& shown)
      : env_(file, shown), dbi_(env_.open_main_dbi()) {
    manifest_ = with_context([&] { return shown; }, [&] { return read_manifest(); });
    check_ends();
    subjects_.push_back(manifest_.subject);
    describe();
  }

  [[nodiscard]] const RecordingInfo& info() const override { return info_; }
  [[nodiscard]] const std::vector<Subject>& subjects() const override { return subjects_; }
  [[nodiscard]] std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    require(subject_id);
    std::vector<Checkpoint> all;
    for (const CapsuleCheckpoint& each : manifest_.checkpoints) all.push_back(each.checkpoint);
    return all;
  }
  [[nodiscard]] std::unique_ptr<StepStream> steps(const std::string& subject_id,
                                                  StepRange range) const override {
    require(subject_id);
    if (!range.empty() && !manifest_.subject.holds(range)) {
      throw Error(ErrorCode::kInvalidData,
                  env_.shown() + ": steps " + range_text(range) +
                      " are not all held; held: " + range_text(manifest_.range()));
    }
    return std::make_unique<CapsuleStream>(env_, dbi_, range, manifest_.form_max);
  }
  [[nodiscard]] Setup setup(const std::string& subject_id, uint64_t step) const override;
  [[nodiscard]] UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                                       SnapshotTrust trust) const override;
  [[nodiscard]] HashReport verify(const VerifyScope& scope) const override;
  [[nodiscard]] const Claim* claim() const override { return &manifest_.claim; }

 private:
  [[nodiscard]] CapsuleManifest read_manifest() const;
  void check_ends() const;
  void describe();
  void require(const std::string& subject_id) const;

  LmdbEnv env_;
  MDB_dbi dbi_;
  CapsuleManifest manifest_;
  RecordingInfo info_;
  std::vector<Subject> subjects_;
};

CapsuleManifest Capsule::read_manifest() const {
  const LmdbTxn txn(env_);
  const auto text = txn.find(dbi_, kCapsuleKey);
  const auto hash = txn.find(dbi_, kCapsuleHashKey);
  if (!text || !hash) throw Error(ErrorCode::kInvalidData, "not a capsule: it has no manifest");
  if (text->size() > kCapsuleManifestBytesMax) {
    throw Error(ErrorCode::kInvalidData, "manifest: " + std::to_string(text->size()) + " bytes");
  }
  if (const std::string found = sha256_hex(*text); found != *hash) {
    throw Error(ErrorCode::kInvalidData,
                "manifest: has sha256 " + found + ", recorded " + printable(*hash, 80));
  }
  return parse_capsule_manifest(*text);
}

// That a file is whole is for verify(); this is what a jump needs.
void Capsule::check_ends() const {
  const StepRange range = manifest_.range();
  const LmdbTxn txn(env_);
  LmdbCursor cursor(txn, dbi_);
  const auto first = txn.find(dbi_, capsule_steps_key(range.begin));
  const auto last = cursor.seek_at_or_before(capsule_steps_key(range.end - 1));
  if (!first || capsule_block_range(*first).begin != range.begin || !last ||
      !last->first.starts_with(kCapsuleStepsPrefix) ||
      capsule_block_range(last->second).end != range.end) {
    throw Error(ErrorCode::kInvalidData,
                env_.shown() + ": the blocks do not begin and end with steps " + range_text(range));
  }
}

void Capsule::describe() {
  info_.kind = "capsule";
  info_.dialect = manifest_.dialect;
  info_.path = env_.shown();
  const auto add = [this](std::string name, std::string_view value) {
    info_.facts.emplace_back(std::move(name), printable(value, kFactBytesMax));
  };
  add("createdBy", manifest_.created_by);
  add("origin", manifest_.origin_kind);
  for (const auto& [name, value] : manifest_.origin_facts) {
    add("origin." + printable(name, 60), value);
  }
  add("stepBlocks", std::to_string(manifest_.blocks));
  const Claim& claim = manifest_.claim;
  if (claim.engine) {
    add("engine",
        claim.engine->name + ", " + claim.engine->version + ", sha256 " + claim.engine->sha256);
    if (!claim.engine->how_to_get.empty()) add("engineFrom", claim.engine->how_to_get);
  }
  if (claim.verdict) {
    add("expected",
        claim.verdict->headline.empty() ? claim.verdict->kind : claim.verdict->headline);
    if (!claim.verdict->signature.empty()) add("signature", claim.verdict->signature);
  }
  const std::string options = joined(claim.replay_options, " ");
  if (!options.empty()) add("replayOptions", options);
  for (size_t i = 0; i < claim.notes.size(); ++i) {
    add("note" + (i == 0 ? std::string() : std::to_string(i + 1)), claim.notes[i]);
  }
}

void Capsule::require(const std::string& subject_id) const {
  if (subject_id == manifest_.subject.id) return;
  throw Error(ErrorCode::kUsage, env_.shown() + ": no subject '" + printable(subject_id, 40) +
                                     "'; it holds " + printable(manifest_.subject.id, 40));
}

Setup Capsule::setup(const std::string& subject_id, uint64_t step) const {
  require(subject_id);
  if (manifest_.setups.empty()) return {};
  const CapsuleSetup* at = &manifest_.setups.front();
  for (const CapsuleSetup& each : manifest_.setups) {
    if (each.from_step <= step) at = &each;
  }
  Setup setup = at->plain;
  const LmdbTxn txn(env_);
  for (const NamedText& each : at->apart) {
    setup.set(each.name, read_capsule_text(txn, dbi_, each.text));
  }
  return setup;
}

UniqueFd Capsule::open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                                SnapshotTrust trust) const {
  require(subject_id);
  const std::string place = env_.shown() + ": " + checkpoint.label();
  const auto found = std::find_if(
      manifest_.checkpoints.begin(), manifest_.checkpoints.end(), [&](const auto& each) {
        return each.checkpoint.next_step == checkpoint.next_step && !each.value.empty() &&
               each.checkpoint.kind == checkpoint.kind;
      });
  if (found == manifest_.checkpoints.end()) {
    throw Error(ErrorCode::kUsage, place + ": no bytes of such a checkpoint are held");
  }
  if (trust == SnapshotTrust::kHash && found->value != found->checkpoint.sha256) {
    throw Error(ErrorCode::kInvalidData, place + ": has sha256 " + found->value + ", recorded " +
                                             found->checkpoint.sha256 + ": it was packed damaged");
  }
  const ScratchDir scratch;  // the descriptor keeps the nameless file alive
  UniqueFd heap = open_nameless(scratch.path());
  const LmdbTxn txn(env_);
  read_capsule_value(
      txn, dbi_, found->value, {kCapsuleHeapBytesMax, trust},
      [&](std::string_view piece) { write_all(heap.get(), piece, "a copy of " + place); });
  if (::lseek(heap.get(), 0, SEEK_SET) != 0) throw_errno("cannot rewind a copy of " + place, errno);
  return heap;
}

HashReport Capsule::verify(const VerifyScope& scope) const {
  if (!scope.subject_id.empty()) require(scope.subject_id);
  return verify_capsule(env_, dbi_, manifest_, scope);
}

// Page 0 may be the damaged one.
bool has_capsule_mark(std::string_view head) {
  for (size_t page = 0; page < kLmdbHeadBytes; page = page == 0 ? 512 : page * 2) {
    if (head.size() < page + kLmdbMetaBytes) break;
    if (head.substr(page + kLmdbMetaBytes).starts_with(kCapsuleMark)) return true;
  }
  return false;
}

// A capsule that went through mdb_copy has lost the mark: the first key tells.
bool begins_with_manifest(const std::filesystem::path& file) {
  try {
    const UniqueFd fd = open_for_read(file);
    return first_lmdb_key(fd.get(), file.string()) == kCapsuleKey;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInvalidData)
      return false;  // its reader shall say what is wrong
    throw;
  }
}

std::optional<size_t> recognise_capsule(const FileHead& head) {
  if (!looks_like_lmdb(head.bytes())) return std::nullopt;
  const bool capsule =
      has_capsule_mark(head.bytes()) || (head.file() && begins_with_manifest(*head.file()));
  return capsule ? std::optional<size_t>(0) : std::nullopt;
}

}  // namespace

std::unique_ptr<Recording> open_capsule(const std::filesystem::path& file,
                                        const std::string& shown_path) {
  const UniqueFd fd = open_for_read(file);
  if (const auto damaged = read_lmdb_metas(fd.get(), shown_path).damaged) {
    throw Error(ErrorCode::kInvalidData,
                shown_path + ": meta page " + std::to_string(*damaged) + " is damaged");
  }
  return std::make_unique<Capsule>(file, shown_path);
}

const Format kCapsuleFormat{.name = "capsule",
                            .words = "a capsule",
                            .accepted = "a capsule (.crank)",
                            .rank = Rank::kLog,
                            .recognise = recognise_capsule,
                            .open = open_capsule,
                            .database = Database::kLmdb};

}  // namespace recrank
