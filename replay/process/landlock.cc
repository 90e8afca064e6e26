#include "replay/process/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"

namespace recrank {
namespace {

constexpr int kLowestFreeFd = 10;

// The kernel's struct landlock_ruleset_attr as of ABI 6; the header of the build machine may be
// older than the running kernel.
struct RulesetAttributes {
  uint64_t files;
  uint64_t net;
  uint64_t scoped;
};
// The kernel's struct landlock_path_beneath_attr, which is packed.
struct __attribute__((packed)) PathRule {
  uint64_t allowed;
  int32_t parent;
};

constexpr uint64_t kAbi1 = (1ULL << 13) - 1;  // all rights over files of ABI 1
constexpr uint64_t kRefer = 1ULL << 13;       // ABI 2
constexpr uint64_t kTruncate = 1ULL << 14;    // ABI 3
constexpr uint64_t kDevices = 1ULL << 15;     // ABI 5: requests to devices
constexpr uint64_t kTcp = 3;                  // ABI 4: bind, connect
constexpr uint64_t kScopes = 3;               // ABI 6: abstract sockets, signals
constexpr uint64_t kRead =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
// What makes sense for a thing that is no directory.
constexpr uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                              LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kDevices;
constexpr uint64_t kOfNodes =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kDevices;

RulesetAttributes attributes_of(int abi, const SandboxOptions& options) {
  RulesetAttributes wanted{kAbi1, 0, 0};
  if (abi >= 2) wanted.files |= kRefer;
  if (abi >= 3) wanted.files |= kTruncate;
  if (abi >= 5) wanted.files |= kDevices;
  if (abi >= 4 && options.network == SandboxNetwork::kNone) wanted.net = kTcp;
  if (abi >= 6) wanted.scoped = kScopes;
  return wanted;
}

// An older kernel refuses a longer structure.
size_t size_of(int abi) { return sizeof(uint64_t) * (abi >= 6 ? 3 : abi >= 4 ? 2 : 1); }

int add_rule(int ruleset, uint64_t rights, int place) {
  PathRule rule{rights, place};
  return static_cast<int>(
      ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}

// A path that is not there needs no right.
void grant(int ruleset, uint64_t rights, const std::filesystem::path& path) {
  const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat found {};
  if (!place.valid() || ::fstat(place.get(), &found) != 0) return;
  if (!S_ISDIR(found.st_mode)) rights &= kOfFiles;
  if (add_rule(ruleset, rights, place.get()) != 0) {
    throw_errno("landlock_add_rule " + path.string(), errno);
  }
}

uint64_t rights_of(SeenFor use, uint64_t handled) {
  switch (use) {
    case SeenFor::kReading: return kRead;
    case SeenFor::kWriting: return handled & ~kDevices;
    case SeenFor::kNode: return handled & kOfNodes;
  }
  return 0;
}

}  // namespace

int kernel_landlock_abi() {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi < 1 ? 0 : static_cast<int>(abi);
}

Landlock::Landlock(const SandboxOptions& options, const View& view, int heap) {
  const int abi = containment_had().landlock_abi;
  if (abi < 1) return;
  RulesetAttributes wanted = attributes_of(abi, options);
  const UniqueFd made(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &wanted, size_of(abi), 0)));
  if (!made.valid()) throw_errno("landlock_create_ruleset", errno);
  for (const Seen& seen : view.seen) {
    grant(made.get(), rights_of(seen.use, wanted.files), seen.path);
  }
  if (options.reads_all) grant(made.get(), kRead, "/");
  if (heap >= 0 && add_rule(made.get(), LANDLOCK_ACCESS_FS_READ_FILE, heap) != 0) {
    throw_errno("landlock_add_rule for the heap", errno);
  }
  proc_rights_ = kRead;
  if (options.may_fork) proc_rights_ |= LANDLOCK_ACCESS_FS_WRITE_FILE;
  // Out of the way of the descriptors that the child lays out for the engine.
  ruleset_ = UniqueFd(::fcntl(made.get(), F_DUPFD_CLOEXEC, kLowestFreeFd));
}

int Landlock::enter() const {
  if (!guards()) return 0;
  const int proc = ::open("/proc", O_PATH | O_CLOEXEC);
  if (proc >= 0) {
    const int failed = add_rule(ruleset_.get(), proc_rights_, proc) == 0 ? 0 : errno;
    ::close(proc);
    if (failed != 0) return failed;
  }
  return ::syscall(SYS_landlock_restrict_self, ruleset_.get(), 0) == 0 ? 0 : errno;
}

}  // namespace recrank
