// Which steps of one subject two recordings both hold, where they need not number them alike.
#pragma once

#include <string>
#include <vector>

#include "base/interrupt.h"
#include "snapshot/recording.h"

namespace recrank {

// The same steps, in the numbers of either side. Both ranges have one length.
struct CommonSteps {
  StepRange in_a;
  StepRange in_b;
};

// One side's view of a subject.
struct SideSubject {
  const Recording& recording;
  const Subject& subject;

  // What it holds, in its own numbers: those that the kernel's own follow from, and the rest.
  [[nodiscard]] std::vector<StepRange> numbered() const;
  [[nodiscard]] std::vector<StepRange> unnumbered() const;
};

// One that holds nothing, without an id, where the recording does not know it.
[[nodiscard]] SideSubject side_of(const Recording& recording, const std::string& subject_id);

struct StepPairing {
  std::vector<CommonSteps> common;  // ascending in A
  // Unnumbered steps of either side of which nobody can tell what they are in the other, since one
  // of both does not say in which crank its deliveries were made.
  std::vector<StepRange> unplaced_in_a;
  std::vector<StepRange> unplaced_in_b;
};

// Numbered steps are paired by the kernel's own numbers. Unnumbered ones count on from each other,
// so that the first crank in which both sides made a delivery pairs them all; it is looked for in
// the steps themselves. Throws what reading them throws.
[[nodiscard]] StepPairing pair_steps(const SideSubject& a, const SideSubject& b,
                                     const Interrupt& interrupt);

}  // namespace recrank
