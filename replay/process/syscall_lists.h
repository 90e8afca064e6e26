// The lists of syscall_filter.cc: which system calls, requests and commands, by what they are for.
//
// Sources: the manual pages of section 2; for numbers, the kernel's include/uapi. Not on any list,
// and so refused to every engine: chmod, chown, utimensat, setxattr and their kin (they change
// files that may only be read), truncate by name, mount, pivot_root, chroot, unshare, setns,
// keyctl, shmget, msgget, semget, mq_open, memfd_create (memory beyond every limit), userfaultfd,
// bpf, perf_event_open, io_uring_setup, fanotify_init, kexec_load, init_module, reboot,
// sethostname, clock_settime, setpriority, ioprio_set, sched_setscheduler, pidfd_open,
// process_vm_readv, ptrace.
#pragma once

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include <array>
#include <cstdint>

namespace recrank {

inline constexpr std::array kUsualCalls{
    // files that are open, and what there is to read
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
    "pwritev2", "close", "close_range", "lseek", "_llseek", "dup", "dup2", "dup3", "pipe", "pipe2",
    "stat", "fstat", "lstat", "newfstatat", "fstatat64", "statx", "statfs", "fstatfs", "access",
    "faccessat", "faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "getcwd",
    "chdir", "fchdir", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr",
    "flistxattr", "flock", "fsync", "fdatasync", "sync_file_range", "ftruncate", "fallocate",
    "fadvise64", "readahead", "sendfile", "splice", "tee", "vmsplice", "copy_file_range", "umask",
    "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    // waiting
    "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl",
    "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4",
    "timerfd_create", "timerfd_settime", "timerfd_gettime", "nanosleep", "clock_nanosleep", "pause",
    "wait4", "waitid", "restart_syscall",
    // memory
    "mmap", "munmap", "mprotect", "mremap", "brk", "madvise", "mincore", "msync", "mlock", "mlock2",
    "munlock", "mlockall", "munlockall", "membarrier", "get_mempolicy", "pkey_alloc",
    "pkey_mprotect", "pkey_free",
    // signals of its own
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait",
    "rt_sigsuspend", "sigaltstack",
    // itself and its threads
    "execve", "exit", "exit_group", "gettid", "getpid", "getppid", "getpgrp", "getpgid", "getsid",
    "getuid", "geteuid", "getresuid", "getgid", "getegid", "getresgid", "getgroups", "capget",
    "set_tid_address", "set_robust_list", "get_robust_list", "futex", "rseq", "arch_prctl",
    "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_getattr",
    "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval", "getpriority",
    "ioprio_get", "getcpu", "getrlimit", "setrlimit", "getrusage", "times",
    // the time and the machine
    "time", "gettimeofday", "clock_gettime", "clock_getres", "getitimer", "setitimer", "alarm",
    "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete",
    "getrandom", "uname", "sysinfo"};

// By number, as a libseccomp of 2022 does not know them: futex_waitv, map_shadow_stack, futex_wake,
// futex_wait, futex_requeue, mseal.
inline constexpr std::array kUsualNewCalls{449, 453, 454, 455, 456, 462};

// Where something may be written.
inline constexpr std::array kNameCalls{"mkdir",    "mkdirat", "rmdir",    "unlink",
                                       "unlinkat", "rename",  "renameat", "renameat2",
                                       "link",     "linkat",  "symlink",  "symlinkat"};

// On sockets that are there.
inline constexpr std::array kSocketCalls{"sendto",      "recvfrom",   "sendmsg",   "recvmsg",
                                         "sendmmsg",    "recvmmsg",   "shutdown",  "getsockname",
                                         "getpeername", "setsockopt", "getsockopt"};
inline constexpr std::array kTcpCalls{"bind", "connect", "listen", "accept", "accept4"};

// The first argument of each is whom it is for.
inline constexpr std::array kSignalCalls{"kill", "tgkill", "tkill", "rt_sigqueueinfo",
                                         "rt_tgsigqueueinfo"};

inline constexpr std::array<uint64_t, 18> kProcessOptions{
    PR_SET_NAME,         PR_GET_NAME,         PR_GET_PDEATHSIG,  PR_SET_DUMPABLE,   PR_GET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP,    PR_CAPBSET_READ,   PR_GET_KEEPCAPS,
    PR_SET_THP_DISABLE,  PR_GET_THP_DISABLE,  PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_GET_TSC,
    PR_GET_TID_ADDRESS,  PR_GET_SECUREBITS,   0x53564d41};  // PR_SET_VMA: names of mappings

inline constexpr std::array<uint64_t, 13> kFileCommands{
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,     F_GETFL,      F_SETFL,     F_GETLK,
    F_SETLK, F_SETLKW,        F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_GETPIPE_SZ};

inline constexpr std::array<uint64_t, 10> kDeviceRequests{
    FIONREAD, FIONBIO,    FIOCLEX,   FIONCLEX, FIOASYNC,
    TCGETS,   TIOCGWINSZ, TIOCGPGRP, TIOCOUTQ, 0x802c542a};  // the last: TCGETS2

// Of rr and what it records.
inline constexpr std::array kRecorderCalls{"fork",
                                           "vfork",
                                           "execveat",
                                           "ptrace",
                                           "process_vm_readv",
                                           "process_vm_writev",
                                           "perf_event_open",
                                           "bpf",
                                           "seccomp",
                                           "memfd_create",
                                           "userfaultfd",
                                           "pidfd_open",
                                           "pidfd_getfd",
                                           "pidfd_send_signal",
                                           "fchmod",
                                           "mknod",
                                           "mknodat",
                                           "setpriority",
                                           "sched_setscheduler",
                                           "sched_setparam",
                                           "sched_setattr",
                                           "mbind",
                                           "set_mempolicy",
                                           "remap_file_pages",
                                           "process_madvise",
                                           "kcmp",
                                           "capset",
                                           "get_thread_area",
                                           "set_thread_area",
                                           "landlock_create_ruleset",
                                           "landlock_add_rule",
                                           "landlock_restrict_self"};

}  // namespace recrank
