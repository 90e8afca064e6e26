#include "tests/support/snapshot/capsule_fixture.h"

#include <unistd.h>

#include <algorithm>

#include "base/hash.h"
#include "base/scratch_dir.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/montana/montana.h"

namespace recrank {

HeapRecording::HeapRecording(std::string_view era) : fake_(era) {}

std::string HeapRecording::heap_of(uint64_t next_step, size_t bytes) {
  std::string heap;
  // Neither all equal nor all different: as heaps are.
  for (uint64_t i = next_step; heap.size() < bytes;
       i = i * 6364136223846793005U + 1442695040888963407U) {
    heap += std::string(1 + (i >> 60), static_cast<char>(i >> 33));
  }
  heap.resize(bytes);
  return heap;
}

void HeapRecording::heap(uint64_t next_step, size_t bytes, const std::string& promised_sha256) {
  add(CheckpointKind::kHeapSnapshot, next_step, bytes, promised_sha256);
}

void HeapRecording::tables(uint64_t next_step, size_t bytes, const std::string& promised_sha256) {
  add(CheckpointKind::kTables, next_step, bytes, promised_sha256);
}

void HeapRecording::own(uint64_t next_step) {
  Checkpoint checkpoint;
  checkpoint.kind = CheckpointKind::kOwn;
  checkpoint.next_step = next_step;
  checkpoints_.push_back(checkpoint);
}

void HeapRecording::add(CheckpointKind kind, uint64_t next_step, size_t bytes,
                        const std::string& promised) {
  Checkpoint checkpoint;
  checkpoint.kind = kind;
  checkpoint.next_step = next_step;
  heaps_[next_step] = heap_of(next_step, bytes);
  checkpoint.sha256 = promised.empty() ? sha256_hex(heaps_[next_step]) : promised;
  checkpoint.size_bytes = bytes;
  checkpoints_.push_back(checkpoint);
}

std::vector<Checkpoint> HeapRecording::checkpoints(const std::string& subject_id) const {
  std::vector<Checkpoint> all = fake_.checkpoints(subject_id);
  all.insert(all.end(), checkpoints_.begin(), checkpoints_.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.next_step < b.next_step; });
  return all;
}

recrank::Setup HeapRecording::setup(const std::string& subject_id, uint64_t step) const {
  const auto behind = later_.upper_bound(step);
  if (behind == later_.begin()) return fake_.setup(subject_id, step);
  return std::prev(behind)->second;
}

UniqueFd HeapRecording::open_snapshot(const std::string& /*subject_id*/,
                                      const Checkpoint& checkpoint, SnapshotTrust trust) const {
  const std::string& heap = heaps_.at(checkpoint.next_step);
  if (trust == SnapshotTrust::kHash && sha256_hex(heap) != checkpoint.sha256) {
    throw Error(ErrorCode::kInvalidData, "fake: the heap is not what its hash says");
  }
  const ScratchDir scratch;
  UniqueFd fd = open_nameless(scratch.path());
  write_all(fd.get(), heap, "a heap");
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

void make_node(HeapRecording& recording) {
  FakeRecording& fake = recording.fake();
  fake.mutable_info().dialect = montana::kMontanaDialect;
  fake.subject().kind = "node";
  fake.subject().manager = "montana";
  fake.setup() = {};
  fake.forget_checkpoints();
  recording.tables(0, 20'000);
  FakeStep step =
      FakeStep::telling({{"state_root", std::string(64, 'a')}, {"proposer", "p", true}});
  step.delivery = std::string("\0\xff window", 9);
  step.result = R"({"n":1})";
  step.summary = std::string("2 transfers \xff\0", 14);
  step.block = 0;
  step.crank = UINT64_MAX;
  fake.add(step);
  fake.add(FakeStep::telling({{"", ""}, {"t_r", std::string(5000, 't')}}));
  FakeStep bare = FakeStep::telling({});
  bare.summary = "nothing told";
  fake.add(bare);
}

void add_odd_steps(FakeRecording& fake) {
  fake.add(FakeStep::of(StepKind::kInitializeWorker));
  fake.add_deliveries(3);
  FakeStep odd = FakeStep::calling({std::string("\0\xff\xfe", 3), "", R"(["vatstoreGet","k"])"});
  odd.delivery = std::string("[\"\xed\xa0\xb4\0\"]", 8);
  odd.calls[1].answer.clear();
  odd.status.reset();
  odd.computrons.reset();
  fake.add(odd);
  fake.add(FakeStep::failed("Compute meter exceeded \xff"));
  FakeStep error;
  error.status = RecordedStatus::kError;
  error.computrons = UINT64_MAX;
  fake.add(error);
  fake.add(FakeStep::save(std::string(64, 'a')));
  fake.add(FakeStep::of(StepKind::kLoadSnapshot));
  FakeStep zero;
  zero.computrons = 0;
  zero.delivery = "";
  fake.add(zero);
  fake.add(FakeStep::of(StepKind::kShutdownWorker));
}

CapsuleRequest whole_of(const Recording& recording) {
  CapsuleRequest request;
  request.subject_id = "v1";
  request.range = recording.subjects().front().held.front();
  request.checkpoint = recording.checkpoints("v1").front();
  request.setup = recording.setup("v1", request.range.begin);
  return request;
}

namespace {

std::string shown(std::string_view bytes) {
  return std::to_string(bytes.size()) + ":" + std::string(bytes);
}

std::string setup_text(const Setup& setup) {
  std::vector<std::string> texts;
  for (const NamedText& each : setup.all()) texts.push_back(each.name + shown(each.text));
  for (const NamedText& each : setup.missing.all())
    texts.push_back("no " + each.name + shown(each.text));
  std::sort(texts.begin(), texts.end());  // the order is the format's own
  std::string text = shown(setup.label);
  for (const std::string& each : texts) text += each;
  return text + "\n";
}

}  // namespace

std::string all_of(const Recording& recording) {
  const Subject& subject = recording.subjects().front();
  std::string text = subject.id + "/" + subject.name + "/" + subject.manager + "/" +
                     std::to_string(subject.incarnations) + "/" +
                     std::to_string(subject.number_offset) + "/" + subject.kind + "\n" +
                     std::string(recording.info().dialect) + "\n";
  for (const Checkpoint& each : recording.checkpoints(subject.id)) {
    text += each.label() + " " + each.sha256 + " " + std::to_string(each.size_bytes) + "\n";
    if (!has_bytes(each.kind)) continue;
    const UniqueFd heap = recording.open_snapshot(subject.id, each, SnapshotTrust::kHash);
    std::string bytes(file_size(heap.get(), "heap"), '\0');
    read_exactly_at(heap.get(), bytes.data(), bytes.size(), 0, "heap");
    text += sha256_hex(bytes) + "\n";
  }
  const StepRange range = subject.held.front();
  const auto stream = recording.steps(subject.id, range);
  Step step;
  while (stream->next(step)) {
    if (step.kind == StepKind::kInitializeWorker || step.number == range.begin) {
      text += setup_text(recording.setup(subject.id, step.number));
    }
    text += std::to_string(step.number) + " " + std::to_string(static_cast<int>(step.kind)) +
            (step.status ? std::to_string(static_cast<int>(*step.status)) : "-") +
            shown(step.delivery) + shown(step.failure_text) + shown(step.expected_snapshot) +
            (step.computrons ? std::to_string(*step.computrons) : "-");
    for (const ExpectedCall& call : step.calls)
      text += "\n  " + shown(call.call) + shown(call.answer);
    for (const NamedFact& fact : step.facts) {
      text += "\n  " + shown(fact.name) + shown(fact.value) + (fact.local ? "local" : "");
    }
    text += "\n  " + shown(step.expected_result) + shown(step.summary) +
            (step.facts_tell_delivery ? "told" : "") +
            (step.block ? " block " + std::to_string(*step.block) : "") +
            (step.crank ? " crank " + std::to_string(*step.crank) : "") + "\n";
  }
  return text;
}

}  // namespace recrank
