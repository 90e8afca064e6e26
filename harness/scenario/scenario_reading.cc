#include "harness/scenario/scenario_reading.h"

#include "base/error.h"
#include "base/text.h"

namespace recrank {
namespace {

// What is said of a recording, piece by piece: "sst", "4,310 steps".
class Reading {
 public:
  Reading(const Recording& recording, const ExpectedRecording& expected, const std::string& subject)
      : recording_(recording), expected_(expected), subject_(subject) {}

  CaseResult judge() {
    CaseResult result;
    result.name = "reading";
    result.expected = to_words(expected_);
    try {
      const std::string& kind = recording_.info().kind;
      found_.push_back(kind);
      if (!expected_.kind.empty() && kind != expected_.kind) differ("it is a " + kind);
      if (expected_.steps || expected_.first || expected_.last) steps();
      if (expected_.hashes) hashes();
    } catch (const Error& error) {
      unjudged_ = error.what();
    }
    result.found = joined(found_);
    result.outcome = CaseOutcome::kAsExpected;
    if (!unjudged_.empty()) result.outcome = CaseOutcome::kNotJudged;
    if (!differences_.empty()) result.outcome = CaseOutcome::kOtherwise;
    result.why = differences_.empty() ? unjudged_ : joined(differences_);
    return result;
  }

 private:
  void differ(const std::string& what) { differences_.push_back(what); }

  void hold(const std::optional<uint64_t>& expected, uint64_t found, const std::string& what) {
    found_.push_back(what + " " + std::to_string(found));
    if (expected && *expected != found) {
      differ(what + " is " + std::to_string(found) + ", not " + std::to_string(*expected));
    }
  }

  void steps() {
    if (subject_.empty() && recording_.subjects().size() != 1) {
      unjudged_ = "steps, first and last are those of one subject, and the recording has " +
                  std::to_string(recording_.subjects().size()) + ": name it in \"subject\"";
      return;
    }
    const Subject& subject =
        subject_.empty() ? recording_.subjects().front() : find_subject(recording_, subject_);
    hold(expected_.steps, subject.held_count(), "number of steps");
    if (subject.held.empty()) {
      if (expected_.first || expected_.last) differ("no step of it is held");
      return;
    }
    hold(expected_.first, subject.held.front().begin, "first step");
    hold(expected_.last, subject.held.back().end - 1, "last step");
  }

  void hashes() {
    const std::string id = subject_.empty() ? "" : find_subject(recording_, subject_).id;
    const HashReport report = recording_.verify({id, {}, VerifyParts::kAll});
    const uint64_t checked = report.spans + report.snapshots + report.bundles;
    found_.push_back(format_count(checked) + (checked == 1 ? " hash" : " hashes") +
                     " computed anew");
    if (!report.damage.empty()) {
      const Damage& first = report.damage.front();
      differ(std::to_string(report.damage.size()) + " damaged: " + first.place + ": " + first.what);
    } else if (checked == 0) {
      unjudged_ = "the recording holds no hash that could be computed anew";
    }
  }

  const Recording& recording_;
  const ExpectedRecording& expected_;
  const std::string& subject_;
  std::vector<std::string> found_;
  std::vector<std::string> differences_;
  std::string unjudged_;
};

}  // namespace

CaseResult judge_reading(const Recording& recording, const ExpectedRecording& expected,
                         const std::string& subject) {
  return Reading(recording, expected, subject).judge();
}

std::string to_words(const ExpectedRecording& expected) {
  std::vector<std::string> pieces;
  if (!expected.kind.empty()) pieces.push_back(expected.kind);
  if (expected.steps) pieces.push_back("number of steps " + std::to_string(*expected.steps));
  if (expected.first) pieces.push_back("first step " + std::to_string(*expected.first));
  if (expected.last) pieces.push_back("last step " + std::to_string(*expected.last));
  if (expected.hashes) pieces.emplace_back("all hashes hold");
  return joined(pieces);
}

}  // namespace recrank
