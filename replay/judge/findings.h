// What one replay has found so far, and the verdict that it comes to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/judge/divergence_list.h"
#include "replay/verdict.h"
#include "snapshot/step.h"

namespace recrank {

// Collects; the rules are in outcome_judge.h and docs/judging.md. One thread.
class Findings {
 public:
  DivergenceList divergences;
  ComparedCounts compared;
  bool engine_lacks_computrons = false;
  std::optional<LivedOn> lived_on;
  std::string own_limit;  // that the first answer which differs tells of: ProcessEnd::own_limit

  // A step is begun: which facts the recording holds of it.
  void note_recorded(const Step& step);
  void note_compared_fact(std::string_view name);
  void add_deliveries(uint64_t count) { deliveries_ += count; }
  [[nodiscard]] uint64_t deliveries() const { return deliveries_; }
  // One line for people.
  void add_note(const std::string& note);

  // The verdict when the replay ends with `end`. Divergences met before outweigh it, except for an
  // interrupt; `end` is then told in the detail.
  [[nodiscard]] Verdict conclude(Verdict end) const;
  // The verdict when every step ran: clean only if something was compared, or an end that the
  // recording claims for one of them did not come (`outlived_claim`).
  [[nodiscard]] Verdict conclude_all_ran(bool outlived_claim = false) const;

  [[nodiscard]] std::vector<std::string> left_out(const CompareOptions& compare) const;
  [[nodiscard]] std::vector<std::string> not_recorded() const;

 private:
  uint64_t deliveries_ = 0;
  bool result_recorded_ = false;
  bool computrons_recorded_ = false;
  bool save_mark_ = false;
  bool snapshot_hash_recorded_ = false;
  // In how many steps a fact that machines must agree on was recorded, and in how many compared.
  struct FactCount {
    std::string name;
    uint64_t recorded = 0;
    uint64_t compared = 0;
  };
  [[nodiscard]] FactCount* fact_count(std::string_view name);
  std::vector<FactCount> facts_;
  std::string notes_;
};

[[nodiscard]] Verdict unjudged(std::string reason, std::optional<uint64_t> step);
[[nodiscard]] Verdict verdict_of_kind(VerdictKind kind);

}  // namespace recrank
