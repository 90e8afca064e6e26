// Landlock: which files a process may use, whatever its user may.
//
// Source: landlock(7), include/uapi/linux/landlock.h. All rights of the running ABI are handled and
// so refused, but for what is granted: what is not named is neither read, listed, executed, made,
// changed nor removed, no device takes a request, no TCP is bound or connected, and (ABI 6) no
// process or abstract socket outside is reached. Tracing of processes outside is refused always.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/fd.h"
#include "replay/process/containment.h"
#include "replay/process/view.h"

namespace recrank {

// Made before the fork; may be entered by one process.
class Landlock {
 public:
  // Nothing where the kernel has none. `heap`: a descriptor of which a name is opened by the
  // engine; -1: none. Throws kIo.
  Landlock(const SandboxOptions& options, const View& view, int heap);

  // In the child, once it sees what it will see: /proc is another one there. Async-signal-safe. 0,
  // or errno.
  [[nodiscard]] int enter() const;
  [[nodiscard]] bool guards() const { return ruleset_.valid(); }

 private:
  UniqueFd ruleset_;
  uint64_t proc_rights_ = 0;
};

// What the kernel says; 0: it has none.
[[nodiscard]] int kernel_landlock_abi();

}  // namespace recrank
