// A Recording in memory, built step by step by a test.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "snapshot/agoric/dialect_names.h"
#include "snapshot/recording.h"

namespace recrank {

struct FakeCall {
  std::string call;
  std::string answer = R"(["ok",null])";
};

struct FakeFact {
  std::string name;
  std::string value;
  bool local = false;
};

// What a Step views, owned.
struct FakeStep {
  StepKind kind = StepKind::kDelivery;
  std::string delivery = R"(["message","o+0",{}])";
  std::vector<FakeCall> calls;
  std::optional<RecordedStatus> status = RecordedStatus::kOk;
  std::string failure_text;
  std::optional<uint64_t> computrons = 1000;
  std::string snapshot;
  std::vector<FakeFact> facts = {};
  std::string result = {};  // expected_result
  std::string summary = {};
  std::optional<uint64_t> block = {};
  std::optional<uint64_t> crank = {};
  bool open_end = false;
  bool unclaimed = false;

  static FakeStep of(StepKind kind);
  static FakeStep save(std::string sha256);
  static FakeStep failed(std::string text, std::vector<FakeCall> calls = {});
  // A step of a node: nothing is recorded of it but facts.
  static FakeStep telling(std::vector<FakeFact> facts);
  // A delivery that makes these calls, each answered ["ok",null].
  static FakeStep calling(const std::vector<std::string>& calls);
};

class FakeRecording final : public Recording {
 public:
  // Holds one vat, v1, without steps and with a genesis at `first_step`.
  explicit FakeRecording(std::string_view era = agoric::kXsnap2024, uint64_t first_step = 0);

  // All that follows concerns the vat of that id, which is made if it is new.
  FakeRecording& vat(const std::string& id, uint64_t first_step = 0);
  FakeRecording& add(FakeStep step);
  FakeRecording& add_deliveries(uint64_t count);
  FakeRecording& checkpoint(CheckpointKind kind, uint64_t next_step, bool available = true);
  FakeRecording& forget_checkpoints() {  // the genesis too
    current().checkpoints.clear();
    return *this;
  }
  FakeRecording& reserve_checkpoints(const std::string& why);  // all that the vat has
  FakeRecording& drop(StepRange range);                        // as if pruned: a gap
  FakeRecording& damage(uint64_t number);                      // reading this step throws
  FakeRecording& wrong_hash(Damage damage) {                   // verify() finds it
    wrong_hashes_.push_back(std::move(damage));
    return *this;
  }
  FakeRecording& skip_number(uint64_t number);  // a reader's fault: the step is silently left out
  Subject& subject();
  Setup& setup() { return current().setup; }
  FakeStep& step(uint64_t number) { return current().steps.at(number); }
  RecordingInfo& mutable_info() { return info_; }
  std::optional<Claim>& mutable_claim() { return claim_; }

  [[nodiscard]] const RecordingInfo& info() const override { return info_; }
  [[nodiscard]] const std::vector<Subject>& subjects() const override { return subjects_; }
  [[nodiscard]] std::vector<Checkpoint> checkpoints(const std::string& subject_id) const override;
  [[nodiscard]] std::unique_ptr<StepStream> steps(const std::string& subject_id,
                                                  StepRange range) const override;
  [[nodiscard]] Setup setup(const std::string& subject_id, uint64_t step) const override;
  [[nodiscard]] UniqueFd open_snapshot(const std::string& subject_id, const Checkpoint& checkpoint,
                                       SnapshotTrust trust) const override;
  [[nodiscard]] HashReport verify(const VerifyScope& scope) const override;
  [[nodiscard]] const Claim* claim() const override { return claim_ ? &*claim_ : nullptr; }

  struct Vat {
    std::map<uint64_t, FakeStep> steps;
    std::vector<Checkpoint> checkpoints;
    std::vector<uint64_t> damaged;
    std::vector<uint64_t> skipped;
    uint64_t next = 0;
    recrank::Setup setup;
  };
  [[nodiscard]] const Vat& vat_of(const std::string& id) const { return vats_.at(id); }

 private:
  Vat& current() { return vats_.at(current_); }
  void refresh_held();

  RecordingInfo info_;
  std::optional<Claim> claim_;
  std::vector<Damage> wrong_hashes_;
  std::vector<Subject> subjects_;
  std::map<std::string, Vat> vats_;
  std::string current_;
};

// Windows of a node: two roots that machines agree on, and who proposed it.
FakeRecording windows(uint64_t count);

}  // namespace recrank
