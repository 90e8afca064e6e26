// Format: docs/formats/capsule.md
#include "snapshot/capsule/capsule_writer.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "base/atomic_file.h"
#include "base/check.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file_mode.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/version.h"
#include "snapshot/capsule/capsule.h"
#include "snapshot/capsule/capsule_blocks.h"
#include "snapshot/capsule/capsule_format.h"
#include "snapshot/capsule/capsule_manifest.h"
#include "snapshot/io/zstd_stream.h"
#include "snapshot/lmdb/lmdb_file_writer.h"

namespace recrank {
namespace {

constexpr size_t kHeapPieceBytes = size_t{1} << 20;

class Writing {
 public:
  Writing(const Recording& recording, const CapsuleRequest& request, int fd, std::string name)
      : recording_(recording),
        request_(request),
        name_(name),
        out_(fd, std::move(name), kCapsuleMark) {}

  void run() {
    // Throughout the order is fixed: it is the order in the file.
    describe();
    write_checkpoint(request_.checkpoint);
    write_steps();
    write_inner_checkpoints();
    write_setups();
    const std::string manifest = write_capsule_manifest(manifest_);
    if (manifest.size() > kCapsuleManifestBytesMax) {
      throw Error(ErrorCode::kUnsupported,
                  name_ + ": a manifest of " + format_bytes(manifest.size()));
    }
    static_cast<void>(parse_capsule_manifest(manifest));  // what cannot be read is not written
    out_.put(std::string(kCapsuleKey), manifest);
    out_.put(std::string(kCapsuleHashKey), sha256_hex(manifest));
    out_.finish();
  }

 private:
  void describe();
  void write_steps();
  void write_block(CapsuleBlockWriter& block, Sha256& digest);
  void write_checkpoint(const Checkpoint& checkpoint);
  void write_inner_checkpoints();
  std::string write_heap(const Checkpoint& checkpoint, uint64_t& size_bytes);
  void write_setups();
  [[nodiscard]] Setup later_setup(uint64_t step) const;
  void add_setup(uint64_t from_step, const Setup& setup);
  std::string write_text(const std::string& text);
  void finish_value(ZstdPacker& packer, const std::string& sha256);

  const Recording& recording_;
  const CapsuleRequest& request_;
  std::string name_;
  LmdbFileWriter out_;
  CapsuleManifest manifest_;
  std::set<std::string> values_;    // written ones
  std::set<uint64_t> fresh_steps_;  // before which a fresh worker starts
};

void Writing::describe() {
  const RecordingInfo& info = recording_.info();
  manifest_.created_by = "recrank " + std::string(version());
  manifest_.dialect = info.dialect;
  manifest_.origin_kind = info.kind;
  manifest_.origin_facts = info.facts;
  manifest_.subject = find_subject(recording_, request_.subject_id);
  if (!manifest_.subject.holds(request_.range)) {
    throw Error(ErrorCode::kUsage, info.path + ": " + manifest_.subject.id + ": not all steps of " +
                                       std::to_string(request_.range.begin) + ".." +
                                       std::to_string(request_.range.end) + " are held");
  }
  manifest_.subject.held = {request_.range};
  manifest_.subject.missing.clear();
  manifest_.claim = {request_.engine, request_.verdict, request_.replay_options, request_.notes};
}

void Writing::write_block(CapsuleBlockWriter& block, Sha256& digest) {
  const std::string key = capsule_steps_key(block.first_step());
  const std::string bytes = block.take();
  digest.update(std::string_view(bytes).substr(0, kCapsuleHashBytes));
  out_.put(key, bytes);
  ++manifest_.blocks;
}

void Writing::write_steps() {
  const auto stream = recording_.steps(request_.subject_id, request_.range);
  Step step;
  CapsuleBlockWriter block;
  Sha256 digest;
  uint64_t due = request_.range.begin;
  while (stream->next(step)) {
    const std::string place = recording_.info().path + ": " + request_.subject_id + ": step " +
                              std::to_string(step.number);
    if (step.number != due++) {
      throw Error(ErrorCode::kInvalidData,
                  place + " came where step " + std::to_string(due - 1) + " was due");
    }
    if (step.kind == StepKind::kInitializeWorker) fresh_steps_.insert(step.number);
    manifest_.form_max = std::max(manifest_.form_max, capsule_form_of(step));
    block.add(step, place);
    if (block.full()) write_block(block, digest);
  }
  if (due != request_.range.end) {
    throw Error(ErrorCode::kInvalidData, recording_.info().path + ": " + request_.subject_id +
                                             ": ends before step " + std::to_string(due));
  }
  if (!block.empty()) write_block(block, digest);
  manifest_.steps_sha256 = digest.finish_hex();
}

void Writing::finish_value(ZstdPacker& packer, const std::string& sha256) {
  packer.finish();
  out_.end_value(capsule_value_key(sha256));
  values_.insert(sha256);
}

std::string Writing::write_heap(const Checkpoint& checkpoint, uint64_t& size_bytes) {
  const std::string place =
      recording_.info().path + ": " + request_.subject_id + " " + checkpoint.label();
  const UniqueFd heap =
      recording_.open_snapshot(request_.subject_id, checkpoint, request_.snapshot_trust);
  const uint64_t size = size_bytes = file_size(heap.get(), place);
  if (size > kCapsuleHeapBytesMax) {
    throw Error(ErrorCode::kUnsupported, place + ": a checkpoint of " + format_bytes(size));
  }
  // Read twice: where these bytes are packed already, nothing is written.
  std::string piece(kHeapPieceBytes, '\0');
  const auto read = [&](const auto& take) {
    for (uint64_t at = 0; at < size; at += piece.size()) {
      piece.resize(static_cast<size_t>(std::min<uint64_t>(kHeapPieceBytes, size - at)));
      read_exactly_at(heap.get(), piece.data(), piece.size(), at, place);
      take(piece);
    }
  };
  Sha256 hash;
  read([&](std::string_view bytes) { hash.update(bytes); });
  std::string sha256 = hash.finish_hex();
  if (request_.snapshot_trust == SnapshotTrust::kHash && sha256 != checkpoint.sha256) {
    throw Error(ErrorCode::kInvalidData, place + ": has sha256 " + sha256 + ", recorded " +
                                             printable(checkpoint.sha256, 80));
  }
  if (values_.contains(sha256)) return sha256;
  out_.append(number_bytes(size));
  ZstdPacker packer([this](std::string_view packed) { out_.append(packed); });
  read([&](std::string_view bytes) { packer.write(bytes); });
  finish_value(packer, sha256);
  return sha256;
}

void Writing::write_checkpoint(const Checkpoint& checkpoint) {
  CapsuleCheckpoint each{checkpoint, {}};
  // Whoever asks for this capsule asks for its beginning.
  each.checkpoint.only_when_asked.clear();
  if (has_bytes(checkpoint.kind)) {
    each.value = write_heap(checkpoint, each.checkpoint.size_bytes);
  } else {
    each.checkpoint.sha256.clear();
    each.checkpoint.size_bytes = 0;
  }
  manifest_.checkpoints.push_back(std::move(each));
}

// The asked heaps, and the beginnings of incarnations, which cost nothing.
void Writing::write_inner_checkpoints() {
  const StepRange range = request_.range;
  std::vector<Checkpoint> inner = request_.more_checkpoints;
  for (const Checkpoint& each : recording_.checkpoints(request_.subject_id)) {
    if (each.kind == CheckpointKind::kGenesis && each.available) inner.push_back(each);
  }
  std::erase_if(inner, [&](const Checkpoint& each) {
    return each.next_step <= range.begin || each.next_step >= range.end;
  });
  std::stable_sort(inner.begin(), inner.end(),
                   [](const auto& a, const auto& b) { return a.next_step < b.next_step; });
  for (const Checkpoint& each : inner) {
    write_checkpoint(each);
    if (each.kind == CheckpointKind::kGenesis) fresh_steps_.insert(each.next_step);
  }
}

std::string Writing::write_text(const std::string& text) {
  if (text.size() > kCapsuleTextBytesMax) {
    throw Error(ErrorCode::kUnsupported, name_ + ": a bundle of " + format_bytes(text.size()));
  }
  std::string sha256 = sha256_hex(text);
  if (values_.contains(sha256)) return sha256;
  out_.append(number_bytes(text.size()));
  ZstdPacker packer([this](std::string_view packed) { out_.append(packed); });
  packer.write(text);
  finish_value(packer, sha256);
  return sha256;
}

void Writing::add_setup(uint64_t from_step, const Setup& setup) {
  CapsuleSetup each;
  each.from_step = from_step;
  each.plain.label = setup.label;
  const bool fresh = fresh_steps_.contains(from_step);
  for (const NamedText& text : setup.all()) {
    switch (capsule_text_form(text.name)) {
      case CapsuleTextForm::kFreshApart:
        if (fresh) each.apart.push_back({text.name, write_text(text.text)});
        break;
      case CapsuleTextForm::kApart: each.apart.push_back({text.name, write_text(text.text)}); break;
      default: each.plain.set(text.name, text.text);
    }
  }
  for (const NamedText& lack : setup.missing.all()) each.plain.missing.set(lack.name, lack.text);
  if (!fresh) {
    each.plain.missing.set(kCapsuleMissingText,
                           "the bundle of " + request_.subject_id +
                               ": the capsule begins with a heap, which has it inside");
  }
  manifest_.setups.push_back(std::move(each));
}

// Of an incarnation that begins inside the range.
Setup Writing::later_setup(uint64_t step) const {
  const auto given = std::find_if(request_.later_setups.begin(), request_.later_setups.end(),
                                  [&](const auto& each) { return each.first == step; });
  return given != request_.later_setups.end() ? given->second
                                              : recording_.setup(request_.subject_id, step);
}

// None where no engine is told anything.
void Writing::write_setups() {
  const uint64_t first = request_.range.begin;
  if (request_.checkpoint.kind == CheckpointKind::kGenesis) fresh_steps_.insert(first);
  std::vector<std::pair<uint64_t, Setup>> setups{{first, request_.setup}};
  for (const uint64_t step : fresh_steps_) {
    if (step != first) setups.emplace_back(step, later_setup(step));
  }
  const bool none = std::all_of(setups.begin(), setups.end(),
                                [](const auto& each) { return each.second.tells_nothing(); });
  if (none) return;
  for (const auto& [step, setup] : setups) add_setup(step, setup);
}

void require_absent(const CapsuleRequest& request, const std::filesystem::path& to) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(to, error);
  if (!request.replace_existing && std::filesystem::exists(status)) {
    throw Error(ErrorCode::kUsage, to.string() + ": is there already");
  }
  if (std::filesystem::is_directory(status)) {
    throw Error(ErrorCode::kUsage, to.string() + ": is a directory");
  }
}

bool is_of_a_checkpoint(const Damage& damage) {
  return damage.place.find(": snapshot@") != std::string::npos ||
         damage.place.find(": tables@") != std::string::npos;
}

std::filesystem::path evidence_of(const RecordingInfo& info) {
  std::error_code failed;
  const std::filesystem::path inside = std::filesystem::path(info.path) / info.evidence;
  return std::filesystem::exists(inside, failed) ? inside : std::filesystem::path(info.path);
}

// Nothing gets its name that a reader would not take.
void read_back(const std::filesystem::path& file, const CapsuleRequest& request) {
  const auto capsule = open_capsule(file, file.string());
  for (const Damage& damage : capsule->verify({}).damage) {
    const bool told = request.snapshot_trust == SnapshotTrust::kBytes;
    if (told && is_of_a_checkpoint(damage)) continue;
    throw Error(ErrorCode::kIo,
                "what was written cannot be read back: " + damage.place + ": " + damage.what);
  }
}

}  // namespace

void write_capsule(const Recording& recording, const CapsuleRequest& request,
                   const std::filesystem::path& to) {
  require_absent(request, to);
  RECRANK_CHECK(!request.range.empty() && request.checkpoint.next_step == request.range.begin);
  const OwnerOnly owner_only(readable_by_all(evidence_of(recording.info())));
  AtomicFile file(to);
  Writing(recording, request, file.fd(), to.string()).run();
  read_back(file.temporary_path(), request);
  require_absent(request, to);
  if (request.replace_existing) file.commit();
  else file.commit_as_new();
}

}  // namespace recrank
