// Format: docs/formats/kerneldb-lmdb-2021.md
#include "snapshot/agoric/kerneldb/kerneldb_lmdb.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/kerneldb/kerneldb_store.h"
#include "snapshot/agoric/kerneldb/kerneldb_vats.h"
#include "snapshot/agoric/transcript_entry_2021.h"
#include "snapshot/io/utf16.h"
#include "snapshot/lmdb/lmdb_check.h"
#include "snapshot/lmdb/lmdb_copy.h"
#include "snapshot/lmdb/lmdb_meta.h"

namespace recrank::agoric {
namespace {

constexpr size_t kDamageMax = 1000;  // more says nothing new

std::string entry_key(const std::string& vat, uint64_t number) {
  return vat + ".t." + std::to_string(number);
}

// Reads one transcript entry into `step`, whose buffers are used again.
void read_entry(const KerneldbStore& store, const std::string& vat, uint64_t number, Step& step) {
  const std::string key = entry_key(vat, number);
  step.clear();
  if (!store.find_into(key, step.text)) {
    throw Error(ErrorCode::kInvalidData, store.place(key) + ": missing from the transcript");
  }
  step.number = number;
  with_context([&] { return store.place(key); }, [&] { parse_entry_2021(step.text, step); });
  // The kernel stores a delivery only when it succeeded and its block was committed.
  step.status = RecordedStatus::kOk;
}

class KerneldbSteps : public StepStream {
 public:
  KerneldbSteps(const LmdbEnv& env, MDB_dbi dbi, std::string vat, StepRange range)
      : env_(env), store_(env, dbi), vat_(std::move(vat)), range_(range) {}

  bool next(Step& step) override {
    if (range_.empty()) return false;
    read_entry(store_, vat_, range_.begin, step);
    env_.check_unchanged();
    ++range_.begin;
    return true;
  }

 private:
  const LmdbEnv& env_;
  KerneldbStore store_;
  std::string vat_;
  StepRange range_;
};

class KerneldbLmdb : public Recording {
 public:
  // `scratch` holds `file` when that is a copy.
  KerneldbLmdb(const std::filesystem::path& file, const std::string& shown,
               std::optional<ScratchDir> scratch)
      : scratch_(std::move(scratch)), env_(file, shown) {
    if (!env_.has(kKernelDbiName)) fail_no_kernel();
    dbi_ = env_.open_dbi(kKernelDbiName);
    const KerneldbStore store(env_, dbi_);
    vats_ = read_kerneldb_vats(store);
    info_.kind = "kerneldb-lmdb";
    info_.dialect = kXsnap2021;
    info_.path = shown;
    for (const char* key : {"crankNumber", "kernel.defaultManagerType", "vat.nextID"}) {
      if (const auto value = store.find(key)) info_.facts.emplace_back(key, printable(*value, 80));
    }
    info_.facts.emplace_back("entries", std::to_string(store.entries()));
  }

  void add_note(std::string note) { info_.notes.push_back(std::move(note)); }

  [[nodiscard]] const RecordingInfo& info() const override { return info_; }
  [[nodiscard]] const std::vector<Subject>& subjects() const override { return vats_; }
  [[nodiscard]] std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override {
    if (find_vat(subject_id).state == SubjectState::kTerminated) return {};
    return {Checkpoint{}};
  }
  [[nodiscard]] std::unique_ptr<StepStream> steps(const std::string& subject_id,
                                                  StepRange range) const override;
  [[nodiscard]] Setup setup(const std::string& subject_id, uint64_t step) const override;
  [[nodiscard]] UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                                       SnapshotTrust trust) const override;
  [[nodiscard]] HashReport verify(const VerifyScope& scope) const override;
  [[nodiscard]] std::string machine_name(const std::string& subject_id,
                                         std::string_view own) const override {
    const std::string key = find_vat(subject_id).id + ".c." + std::string(own);
    return KerneldbStore(env_, dbi_).find(key).value_or("");
  }

 private:
  [[noreturn]] void fail_no_kernel() const;
  [[nodiscard]] const Subject& find_vat(const std::string& id) const;
  void verify_entries(const Subject& vat, const VerifyScope& scope, HashReport& report) const;
  void verify_text(HashReport& report) const;

  std::optional<ScratchDir> scratch_;
  LmdbEnv env_;
  MDB_dbi dbi_ = 0;
  RecordingInfo info_;
  std::vector<Subject> vats_;
};

void KerneldbLmdb::fail_no_kernel() const {
  std::string names;
  for (const std::string& name : env_.shape().names) names += " '" + printable(name, 40) + "'";
  throw Error(ErrorCode::kUnsupported,
              env_.shown() + ": an LMDB database, but not of a kernel: no '" + kKernelDbiName +
                  "' in it; it holds" + (names.empty() ? " no named database" : names));
}

const Subject& KerneldbLmdb::find_vat(const std::string& id) const {
  const Subject& vat = find_subject(*this, id);
  if (vat.id != id) throw Error(ErrorCode::kUsage, env_.shown() + ": no vat '" + id + "'");
  return vat;
}

std::unique_ptr<StepStream> KerneldbLmdb::steps(const std::string& subject_id,
                                                StepRange range) const {
  const Subject& vat = find_vat(subject_id);
  if (!range.empty() && !vat.holds(range)) {
    const std::string held =
        vat.held.empty() ? "none" : "0.." + std::to_string(vat.held.front().end - 1);
    const std::string why = vat.not_replayable.empty() ? "" : " (" + vat.not_replayable + ")";
    throw Error(ErrorCode::kUsage,
                env_.shown() + ": " + vat.id + ": steps " + std::to_string(range.begin) + ".." +
                    std::to_string(range.end - 1) + " are not held; held: " + held + why);
  }
  return std::make_unique<KerneldbSteps>(env_, dbi_, vat.id, range);
}

Setup KerneldbLmdb::setup(const std::string& subject_id, uint64_t /*step*/) const {
  const Subject& vat = find_vat(subject_id);
  if (vat.state == SubjectState::kTerminated) {
    throw Error(ErrorCode::kUnsupported, env_.shown() + ": " + vat.id + ": " + vat.not_replayable);
  }
  Setup setup = read_kerneldb_vat_setup(KerneldbStore(env_, dbi_), vat);
  env_.check_unchanged();
  return setup;
}

UniqueFd KerneldbLmdb::open_snapshot(const std::string& subject_id, const Checkpoint&,
                                     SnapshotTrust) const {
  throw Error(ErrorCode::kUnsupported, env_.shown() + ": " + find_vat(subject_id).id +
                                           ": kernel databases of 2021 hold no heap snapshots");
}

void add_damage(HashReport& report, std::string place, std::string what, std::string subject_id) {
  if (report.damage.size() == kDamageMax) {
    report.damage.push_back({"", "more damage, not listed", ""});
  } else if (report.damage.size() < kDamageMax) {
    report.damage.push_back({std::move(place), std::move(what), std::move(subject_id)});
  }
}

void KerneldbLmdb::verify_entries(const Subject& vat, const VerifyScope& scope,
                                  HashReport& report) const {
  for (const MissingSteps& each : vat.missing)
    add_damage(report, each.damaged_place, each.why, vat.id);
  const KerneldbStore store(env_, dbi_);
  Step step;
  for (const StepRange held : vat.held) {
    const StepRange range = scope.range.value_or(held);
    for (uint64_t k = std::max(held.begin, range.begin); k < std::min(held.end, range.end); ++k) {
      try {
        read_entry(store, vat.id, k, step);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kInvalidData) throw;
        const std::string place = store.place(entry_key(vat.id, k));
        std::string what = error.what();
        if (what.starts_with(place)) what.erase(0, place.size() + 2);
        add_damage(report, place, what, vat.id);
      }
    }
  }
  env_.check_unchanged();
}

// Every record, whatever it is about, must be UTF-16 with its terminator. Transcript entries are
// left to verify_entries().
void KerneldbLmdb::verify_text(HashReport& report) const {
  const auto is_entry = [&](const std::string& key) {
    return std::any_of(vats_.begin(), vats_.end(), [&](const Subject& vat) {
      return !vat.held.empty() && key.starts_with(vat.id + ".t.") && !key.ends_with("nextID");
    });
  };
  const KerneldbStore store(env_, dbi_);
  LmdbCursor cursor = store.cursor();
  std::string key;
  std::string value;
  while (const auto record = cursor.next()) {
    const bool key_good = decode_utf16z(record->first, key);
    if (!key_good) key.assign(record->first);
    if (key_good && is_entry(key)) continue;
    if (!key_good || !decode_utf16z(record->second, value)) {
      add_damage(report, store.place(key),
                 key_good ? "the value is not UTF-16 with a terminator"
                          : "the key is not UTF-16 with a terminator",
                 "");
    }
  }
}

HashReport KerneldbLmdb::verify(const VerifyScope& scope) const {
  if (scope.parts == VerifyParts::kHeaps) return {};  // there are none
  HashReport report;  // the format stores no hashes: nothing is counted
  if (!scope.subject_id.empty()) {
    verify_entries(find_vat(scope.subject_id), scope, report);
    return report;
  }
  verify_text(report);
  for (const Subject& vat : vats_) verify_entries(vat, scope, report);
  return report;
}

// Whether `file` must not be read in place, and why.
std::string reason_to_copy(const std::filesystem::path& file, const std::string& shown) {
  if (lmdb_in_use(file)) return "in use by another process";
  const UniqueFd fd = open_for_read(file);
  const LmdbMetas metas = read_lmdb_metas(fd.get(), shown);
  if (!metas.damaged) return "";
  return "meta page " + std::to_string(*metas.damaged) + " is damaged";
}

std::optional<size_t> recognise_lmdb(const FileHead& head) {
  return looks_like_lmdb(head.bytes()) ? std::optional<size_t>(0) : std::nullopt;
}

bool is_of_a_kernel(const std::filesystem::path& file) {
  const UniqueFd fd = open_for_read(file);
  try {
    const auto names = check_lmdb(fd.get(), file.string()).names;
    return std::find(names.begin(), names.end(), kKernelDbiName) != names.end();
  } catch (const Error&) {
    return true;  // damaged: the reader shall say how
  }
}

constexpr std::array<std::string_view, 1> kLmdbNames{".mdb"};

}  // namespace

std::unique_ptr<Recording> open_kerneldb_lmdb(const std::filesystem::path& file,
                                              const std::string& shown_path) {
  const std::string reason = reason_to_copy(file, shown_path);
  if (reason.empty()) return std::make_unique<KerneldbLmdb>(file, shown_path, std::nullopt);
  ScratchDir scratch;
  const std::filesystem::path copy = scratch.path() / "data.mdb";
  const LmdbCopy made = copy_lmdb_consistently(file, copy, shown_path);
  auto recording = std::make_unique<KerneldbLmdb>(copy, shown_path, std::move(scratch));
  recording->add_note(shown_path + ": " + reason + "; read from a copy of transaction " +
                      std::to_string(made.txnid));
  return recording;
}

const Format kKerneldbLmdbFormat{.name = "kerneldb-lmdb",
                                 .words = "an LMDB database",
                                 .accepted = "an LMDB kernel database (data.mdb)",
                                 .rank = Rank::kDatabase,
                                 .recognise = recognise_lmdb,
                                 .open = open_kerneldb_lmdb,
                                 .name_words = kLmdbNames,
                                 .database = Database::kLmdb,
                                 .holds_history = is_of_a_kernel};

}  // namespace recrank::agoric
