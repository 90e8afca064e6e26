#include "replay/process/sandbox.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "base/error.h"

namespace recrank {
namespace {

constexpr uint32_t kRefuse = SCMP_ACT_ERRNO(EPERM);

constexpr int kLowestFreeFd = 10;

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

void require_rule(int result, const char* function) {
  if (result >= 0) return;
  throw Error(ErrorCode::kUnsupported, std::string("cannot build the sandbox: ") + function +
                                           ": error " + std::to_string(-result));
}

void refuse(const Filter& filter, int call) {
  // A call that this architecture lacks needs no rule.
  if (call != __NR_SCMP_ERROR)
    require_rule(seccomp_rule_add(filter.get(), kRefuse, call, 0), "rule");
}

void refuse_when(const Filter& filter, int call, const scmp_arg_cmp& condition) {
  require_rule(seccomp_rule_add_array(filter.get(), kRefuse, call, 1, &condition),
               "conditional rule");
}

void refuse_forks(const Filter& filter) {
  refuse(filter, seccomp_syscall_resolve_name("fork"));
  refuse(filter, seccomp_syscall_resolve_name("vfork"));
  // Threads are allowed. The arguments of clone3 cannot be seen from here; told that there is no
  // such call, the C library takes clone.
  require_rule(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0),
               "clone3");
  refuse_when(filter, SCMP_SYS(clone), {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0});
}

// Landlock forbids it too; this is for kernels without it. A tracer among the engines needs it.
void refuse_reaching_others(const Filter& filter) {
  for (const char* const call :
       {"ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"}) {
    refuse(filter, seccomp_syscall_resolve_name(call));
  }
}

// All sockets but those of TCP. A filter cannot say "neither of two", and the kernel looks at the
// low half of each argument only; so all that is below and above the allowed numbers is refused.
void refuse_sockets_but_tcp(const Filter& filter) {
  static_assert(AF_INET == 2 && AF_INET6 == 10 && IPPROTO_TCP == 6 && SOCK_STREAM == 1);
  constexpr uint64_t kKinds = 0xf;  // SOCK_TYPE_MASK of the kernel: the rest are flags
  for (uint64_t family = 0; family < AF_INET6; ++family) {
    if (family != AF_INET) refuse_when(filter, SCMP_SYS(socket), {0, SCMP_CMP_EQ, family, 0});
  }
  refuse_when(filter, SCMP_SYS(socket), {0, SCMP_CMP_GT, AF_INET6, 0});
  for (uint64_t kind = 0; kind <= kKinds; ++kind) {
    if (kind == SOCK_STREAM) continue;
    refuse_when(filter, SCMP_SYS(socket), {1, SCMP_CMP_MASKED_EQ, kKinds, kind});
  }
  // 0 is TCP too; there are SCTP, SMC and MPTCP streams.
  for (uint64_t protocol = 1; protocol < IPPROTO_TCP; ++protocol) {
    refuse_when(filter, SCMP_SYS(socket), {2, SCMP_CMP_EQ, protocol, 0});
  }
  refuse_when(filter, SCMP_SYS(socket), {2, SCMP_CMP_GT, IPPROTO_TCP, 0});
}

// A pair of connected streams talks to itself only. A datagram socket, even one of a pair, may name
// another receiver with each message: any socket in the file system, or an abstract one.
void refuse_pairs_that_reach_others(const Filter& filter) {
  constexpr uint64_t kKinds = 0xf;  // SOCK_TYPE_MASK of the kernel: the rest are flags
  refuse_when(filter, SCMP_SYS(socketpair), {0, SCMP_CMP_NE, AF_UNIX, 0});
  for (uint64_t kind = 0; kind <= kKinds; ++kind) {
    if (kind == SOCK_STREAM || kind == SOCK_SEQPACKET) continue;
    refuse_when(filter, SCMP_SYS(socketpair), {1, SCMP_CMP_MASKED_EQ, kKinds, kind});
  }
}

std::vector<sock_filter> build_filter(const SandboxOptions& options) {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (filter == nullptr) throw Error(ErrorCode::kUnsupported, "seccomp_init failed");
  if (options.network == SandboxNetwork::kNone) refuse(filter, SCMP_SYS(socket));
  if (options.network == SandboxNetwork::kLoopback) {
    refuse_sockets_but_tcp(filter);
    // Back to the host's network, or to rights over a new one. A tracer sets none up, and recrank
    // itself has by then. (clone() for all but threads is refused to engines below.)
    refuse(filter, SCMP_SYS(setns));
    refuse(filter, SCMP_SYS(unshare));
  }
  refuse_pairs_that_reach_others(filter);
  refuse(filter, SCMP_SYS(io_uring_setup));
  refuse(filter, SCMP_SYS(setsid));
  refuse(filter, SCMP_SYS(setpgid));
  if (!options.may_fork) {
    refuse_forks(filter);
    refuse_reaching_others(filter);
  }

  // libseccomp can only write the program to a file; we need it as memory for use after a fork.
  const UniqueFd file(::memfd_create("recrank-seccomp", MFD_CLOEXEC));
  if (!file.valid()) throw_errno("memfd_create", errno);
  require_rule(seccomp_export_bpf(filter.get(), file.get()), "seccomp_export_bpf");
  std::vector<sock_filter> program(file_size(file.get(), "the seccomp program") /
                                   sizeof(sock_filter));
  read_exactly_at(file.get(), reinterpret_cast<char*>(program.data()),
                  program.size() * sizeof(sock_filter), 0, "the seccomp program");
  return program;
}

// The kernel's struct landlock_ruleset_attr as of ABI 6; the header of the build machine may be
// older than the running kernel. Source: include/uapi/linux/landlock.h.
struct LandlockRuleset {
  uint64_t files;
  uint64_t net;
  uint64_t scoped;
};
constexpr uint64_t kFilesAbi1 = (1ULL << 13) - 1;  // all file rights of ABI 1
constexpr uint64_t kFilesRead =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kRefer = 1ULL << 13;     // ABI 2
constexpr uint64_t kTruncate = 1ULL << 14;  // ABI 3
constexpr uint64_t kTcp = 3;                // ABI 4: bind, connect
constexpr uint64_t kScopes = 3;             // ABI 6: abstract sockets, signals

// The kernel's struct landlock_path_beneath_attr, which is packed.
struct __attribute__((packed)) LandlockPath {
  uint64_t allowed;
  int32_t parent;
};

// Grants what is handled of `files` below `path`. A path that is not there needs no right.
void grant(const UniqueFd& ruleset, uint64_t files, const std::filesystem::path& path) {
  const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place.valid()) return;
  std::error_code error;
  const bool directory = std::filesystem::is_directory(path, error);
  const uint64_t allowed = directory ? files : files & (LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate);
  LandlockPath rule{allowed, place.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    throw_errno("landlock_add_rule " + path.string(), errno);
  }
}

// Handles all rights that write and grants them for what is writable only.
UniqueFd build_landlock(const SandboxOptions& options) {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return UniqueFd();
  LandlockRuleset ruleset{kFilesAbi1 & ~kFilesRead, 0, 0};
  size_t size = sizeof(uint64_t);
  if (abi >= 2) ruleset.files |= kRefer;
  if (abi >= 3) ruleset.files |= kTruncate;
  if (abi >= 4) {
    if (options.network == SandboxNetwork::kNone) ruleset.net = kTcp;
    size = 2 * sizeof(uint64_t);
  }
  if (abi >= 6) {
    ruleset.scoped = kScopes;
    size = sizeof(ruleset);
  }
  const UniqueFd made(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &ruleset, size, 0)));
  if (!made.valid()) return UniqueFd();
  for (const std::filesystem::path& path : options.writable) grant(made, ruleset.files, path);
  // Out of the way of the descriptors that the child lays out for the engine.
  return UniqueFd(::fcntl(made.get(), F_DUPFD_CLOEXEC, kLowestFreeFd));
}

}  // namespace

SandboxOptions recorder_sandbox(const std::filesystem::path& directory) {
  return {true, {directory, "/proc", "/dev/null"}, SandboxNetwork::kNone};
}

Sandbox::Sandbox(const SandboxOptions& options)
    : filter_(build_filter(options)), landlock_(build_landlock(options)) {}

int Sandbox::enter() const {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  if (landlock_.valid() && ::syscall(SYS_landlock_restrict_self, landlock_.get(), 0) != 0) {
    return errno;
  }
  sock_fprog program{static_cast<unsigned short>(filter_.size()),
                     const_cast<sock_filter*>(filter_.data())};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) return errno;
  return 0;
}

}  // namespace recrank
