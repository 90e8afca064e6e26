// Others must not be reached, and nobody may be left behind.
#include <fcntl.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/stand_ins/hostile_program.h"

namespace hostile {
namespace {

long forked(long child) {
  if (child == 0) ::_exit(0);
  return child;
}

long socket_of(int family, int type) { return ::socket(family, type, 0); }

const Attack kAttacks[] = {
    {"signals another", [] { return long{::kill(target.pid, 0)}; }},
    {"signals its parent",
     [] {
       // From inside of a namespace there is none.
       const pid_t parent = ::getppid();
       errno = ESRCH;
       return parent == 0 ? -1L : long{::kill(parent, 0)};
     }},
    {"signals a thread of another", [] { return long{::tgkill(target.pid, target.pid, 0)}; }},
    {"queues a signal for another",
     [] {
       siginfo_t info{};
       info.si_code = SI_QUEUE;
       return ::syscall(SYS_rt_sigqueueinfo, target.pid, SIGURG, &info);
     }},
    {"has the kernel signal another", [] { return long{::fcntl(1, F_SETOWN, target.pid)}; }},
    {"chooses the signal that the kernel sends", [] { return long{::fcntl(1, F_SETSIG, SIGURG)}; }},
    {"traces another", [] { return ::ptrace(PTRACE_SEIZE, target.pid, nullptr, nullptr); }},
    {"lets itself be traced by anybody",
     [] { return long{::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0)}; }},
    {"copies memory of another",
     [] {
       char byte = 0;
       const iovec local{&byte, 1};
       const iovec remote{const_cast<char*>(target.file), 1};
       return long{::process_vm_readv(target.pid, &local, 1, &remote, 1, 0)};
     }},
    {"compares itself with another",
     [] { return ::syscall(SYS_kcmp, ::getpid(), target.pid, 1, 0, 0); }},
    {"holds another", [] { return ::syscall(SYS_pidfd_open, target.pid, 0); }},
    {"takes a descriptor of another", [] { return ::syscall(SYS_pidfd_getfd, 0, 0, 0); }},
    {"limits another",
     [] {
       rlimit limit{};
       return long{::prlimit(target.pid, RLIMIT_CORE, nullptr, &limit)};
     }},
    {"slows another down",
     [] { return long{::setpriority(PRIO_PROCESS, static_cast<id_t>(target.pid), 1)}; }},
    {"slows its user down", [] { return long{::setpriority(PRIO_USER, 0, 0)}; }},
    {"moves another to a processor",
     [] {
       cpu_set_t set;
       CPU_ZERO(&set);
       CPU_SET(0, &set);
       return long{::sched_setaffinity(target.pid, sizeof(set), &set)};
     }},
    {"schedules another",
     [] {
       sched_param parameter{};
       return long{::sched_setscheduler(target.pid, SCHED_BATCH, &parameter)};
     }},
    {"asks for the processor in real time",
     [] {
       sched_param parameter{};
       parameter.sched_priority = 1;
       return long{::sched_setscheduler(0, SCHED_FIFO, &parameter)};
     }},
    {"reorders the disk of another",
     [] { return ::syscall(SYS_ioprio_set, 1, target.pid, 0x4004); }},
    {"forks", [] { return forked(::fork()); }},
    {"forks as of old", [] { return forked(::syscall(SYS_fork)); }},
    {"forks by clone3",
     [] {
       unsigned long arguments[11] = {0, 0, 0, 0, SIGCHLD};
       return forked(::syscall(SYS_clone3, arguments, sizeof(arguments)));
     }},
    {"clones into namespaces",
     [] { return forked(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)); }},
    {"clones beside itself",
     [] { return forked(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0)); }},
    {"begins a session", [] { return long{::setsid()}; }},
    {"leaves its group", [] { return long{::setpgid(0, 0)}; }},
    {"outlives recrank", [] { return long{::prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0)}; }},
    {"adopts orphans", [] { return long{::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)}; }},
    {"becomes another user", [] { return long{::setuid(0)}; }},
    {"becomes another group", [] { return long{::setgid(0)}; }},
    {"changes its personality", [] { return long{::personality(ADDR_NO_RANDOMIZE)}; }},
    {"goes over IPv4", [] { return socket_of(AF_INET, SOCK_STREAM); }},
    {"goes over IPv6", [] { return socket_of(AF_INET6, SOCK_DGRAM); }},
    {"goes over a local socket", [] { return socket_of(AF_UNIX, SOCK_STREAM); }},
    {"goes over raw packets", [] { return socket_of(AF_PACKET, SOCK_RAW); }},
    {"speaks to the kernel by netlink", [] { return socket_of(AF_NETLINK, SOCK_RAW); }},
    {"goes to the host of its machine", [] { return socket_of(AF_VSOCK, SOCK_STREAM); }},
    {"uses the kernel's ciphers", [] { return socket_of(AF_ALG, SOCK_SEQPACKET); }},
    {"has a pair that reaches others",
     [] {
       int ends[2];
       return long{::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends)};
     }},
};

}  // namespace

std::span<const Attack> attacks_on_processes() { return kAttacks; }

}  // namespace hostile
