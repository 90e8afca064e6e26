#include "replay/process/syscall_filter.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "replay/process/syscall_lists.h"

namespace recrank {
namespace {

constexpr uint64_t kKinds = 0xf;  // SOCK_TYPE_MASK of the kernel: the rest are flags
// From here on calls are newer than the list. Source: arch/x86/entry/syscalls/syscall_64.tbl, the
// same on all architectures since 424.
constexpr int kFirstNewer = 451;
constexpr int kLastNewer = 512;
constexpr int kFirstOfRr = 1000;  // RR_CALL_BASE of rr/rr.h
constexpr int kLastOfRr = 1031;

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release) {
    if (context_ == nullptr) throw Error(ErrorCode::kUnsupported, "seccomp_init failed");
    // Calls of other kinds of programs for the same processor, such as x32.
    require(seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM)),
            "attribute");
    // A search through a tree: a list of 300 numbers would be gone through at each call.
    require(seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "attribute");
  }

  void allow(int call, std::initializer_list<scmp_arg_cmp> when = {}) {
    add(SCMP_ACT_ALLOW, call, when);
  }
  template <typename Names>
  void allow_all(const Names& names) {
    for (const char* const name : names) allow(seccomp_syscall_resolve_name(name));
  }
  void lack(int call) { add(SCMP_ACT_ERRNO(ENOSYS), call, {}); }

  [[nodiscard]] std::vector<sock_filter> program() const {
    // libseccomp can only write it to a descriptor; we need it as memory for use after a fork. It
    // is far smaller than what a pipe holds, and no limit on files can cut it short.
    Pipe pipe = make_pipe();
    require(seccomp_export_bpf(context_.get(), pipe.write_end.get()), "export");
    pipe.write_end.reset();
    std::vector<sock_filter> made;
    for (sock_filter step{};
         ::read(pipe.read_end.get(), &step, sizeof(step)) == static_cast<ssize_t>(sizeof(step));) {
      made.push_back(step);
    }
    return made;
  }

 private:
  static void require(int result, const char* what) {
    if (result >= 0) return;
    throw Error(ErrorCode::kUnsupported, std::string("cannot build the filter of system calls: ") +
                                             what + ": error " + std::to_string(-result));
  }

  void add(uint32_t action, int call, std::initializer_list<scmp_arg_cmp> when) {
    // A call that this architecture lacks needs no rule.
    if (call < 0) return;
    require(seccomp_rule_add_array(context_.get(), action, call,
                                   static_cast<unsigned int>(when.size()), when.begin()),
            "rule");
  }

  std::unique_ptr<void, decltype(&seccomp_release)> context_;
};

scmp_arg_cmp is(unsigned int argument, uint64_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
scmp_arg_cmp is_masked(unsigned int argument, uint64_t mask, uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// Landlock knows truncation since ABI 3. Before, what opens for reading may still cut a file off;
// and what has no guard at all opens nothing for writing.
void allow_opening(Filter& filter, bool guarded) {
  for (const auto& [call, flags] : {std::pair{SCMP_SYS(open), 1U}, {SCMP_SYS(openat), 2U}}) {
    if (!guarded) {
      filter.allow(call, {is_masked(flags, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY)});
      continue;
    }
    filter.allow(call, {is_masked(flags, O_TRUNC, 0)});
    filter.allow(call, {is_masked(flags, O_ACCMODE, O_WRONLY)});
    filter.allow(call, {is_masked(flags, O_ACCMODE, O_RDWR)});
  }
  if (guarded) filter.allow(SCMP_SYS(creat));
  filter.lack(SCMP_SYS(openat2));  // its flags lie in memory
}

// A pair of connected streams talks to itself only. A datagram socket, even one of a pair, may name
// another receiver with each message: any socket in the file system, or an abstract one.
void allow_sockets(Filter& filter, SandboxNetwork network) {
  for (const uint64_t kind : {SOCK_STREAM, SOCK_SEQPACKET}) {
    filter.allow(SCMP_SYS(socketpair), {is(0, AF_UNIX), is_masked(1, kKinds, kind)});
  }
  filter.allow_all(kSocketCalls);
  if (network == SandboxNetwork::kNone) return;
  filter.allow_all(kTcpCalls);
  static_assert(AF_INET == 2 && AF_INET6 == 10);
  for (const unsigned int family : {2U, 10U}) {  // AF_INET, AF_INET6
    for (const unsigned int protocol : {0U, unsigned{IPPROTO_TCP}}) {
      filter.allow(SCMP_SYS(socket),
                   {is(0, family), is_masked(1, kKinds, SOCK_STREAM), is(2, protocol)});
    }
  }
}

void allow_signals(Filter& filter, bool confined) {
  for (const char* const name : kSignalCalls) {
    const int call = seccomp_syscall_resolve_name(name);
    if (confined) {
      filter.allow(call);
    } else {
      filter.allow(call, {is(0, kOwnPid)});
    }
  }
}

// What an engine does to itself alone.
void allow_own_affairs(Filter& filter) {
  filter.allow(SCMP_SYS(clone), {is_masked(0, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND,
                                           CLONE_THREAD | CLONE_VM | CLONE_SIGHAND)});
  filter.allow(SCMP_SYS(prlimit64), {is(0, 0)});
  filter.allow(SCMP_SYS(sched_setaffinity), {is(0, 0)});
  filter.allow(SCMP_SYS(personality), {is_masked(0, 0xffffffff, 0xffffffff)});
  for (const uint64_t option : kProcessOptions) filter.allow(SCMP_SYS(prctl), {is(0, option)});
  // No F_SETOWN and F_SETSIG, by which the kernel would signal others in the engine's name.
  for (const uint64_t command : kFileCommands) filter.allow(SCMP_SYS(fcntl), {is(1, command)});
  // No TIOCSTI, which types into a terminal, and none that changes a file's flags.
  for (const uint64_t request : kDeviceRequests) filter.allow(SCMP_SYS(ioctl), {is(1, request)});
}

void allow_what_a_recorder_does(Filter& filter) {
  filter.allow_all(kRecorderCalls);
  // By numbers that the kernel lacks, what it records speaks to rr (its rrcalls).
  for (int call = kFirstOfRr; call <= kLastOfRr; ++call) filter.allow(call);
  for (const auto call : {SCMP_SYS(prctl), SCMP_SYS(fcntl), SCMP_SYS(prlimit64),
                          SCMP_SYS(sched_setaffinity), SCMP_SYS(personality)}) {
    filter.allow(call);
  }
  filter.allow(SCMP_SYS(ioctl), {{1, SCMP_CMP_NE, TIOCSTI, 0}});
  constexpr uint64_t kNewNamespaces = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET |
                                      CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  filter.allow(SCMP_SYS(clone), {is_masked(0, kNewNamespaces, 0)});
}

std::vector<sock_filter> build(const FilterNeeds& needs) {
  Filter filter;
  filter.allow_all(kUsualCalls);
  for (const int call : kUsualNewCalls) filter.allow(call);
  for (int call = kFirstNewer; call <= kLastNewer; ++call) {
    if (std::find(kUsualNewCalls.begin(), kUsualNewCalls.end(), call) == kUsualNewCalls.end()) {
      filter.lack(call);
    }
  }
  // Its arguments cannot be seen from here; told that there is no such call, the C library takes
  // clone.
  filter.lack(SCMP_SYS(clone3));
  allow_opening(filter, needs.guards_files || needs.changes_files);
  allow_sockets(filter, needs.network);
  allow_signals(filter, needs.confines_signals || needs.may_fork);
  if (needs.changes_files) filter.allow_all(kNameCalls);
  if (needs.may_fork) {
    allow_what_a_recorder_does(filter);
  } else {
    allow_own_affairs(filter);
  }
  return filter.program();
}

}  // namespace

const std::vector<sock_filter>& syscall_filter(const FilterNeeds& needs) {
  static std::mutex* const mutex = new std::mutex;
  static auto* const built = new std::map<FilterNeeds, std::vector<sock_filter>>;
  const std::scoped_lock lock(*mutex);
  const auto found = built->find(needs);
  return found != built->end() ? found->second : built->emplace(needs, build(needs)).first->second;
}

int enter_syscall_filter(std::vector<sock_filter>& program) {
  const auto own = static_cast<uint32_t>(::getpid());
  for (sock_filter& step : program) {
    if (step.code == (BPF_JMP | BPF_JEQ | BPF_K) && step.k == kOwnPid) step.k = own;
  }
  sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole, 0, 0) == 0 ? 0 : errno;
}

}  // namespace recrank
