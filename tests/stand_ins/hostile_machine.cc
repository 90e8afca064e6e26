// The machine is not its own, and nothing that it makes may outlive it.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <mqueue.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/ipc.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/reboot.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "tests/stand_ins/hostile_program.h"

namespace hostile {
namespace {

constexpr int kNone = -1;  // no such descriptor

const Attack kAttacks[] = {
    {"reboots", [] { return ::syscall(SYS_reboot, 0, 0, 0, nullptr); }},
    {"names the machine", [] { return ::syscall(SYS_sethostname, "x", -1L); }},
    {"names the domain", [] { return ::syscall(SYS_setdomainname, "x", -1L); }},
    {"watches all files", [] { return long{::fanotify_init(FAN_CLASS_NOTIF, O_RDONLY)}; }},
    {"mounts", [] { return long{::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr)}; }},
    {"mounts as of new", [] { return ::syscall(SYS_fsopen, "tmpfs", 0); }},
    {"takes a tree of mounts", [] { return ::syscall(SYS_open_tree, AT_FDCWD, "/", 1); }},
    {"unmounts", [] { return long{::umount2("/proc", MNT_DETACH)}; }},
    {"changes the root", [] { return ::syscall(SYS_pivot_root, ".", "."); }},
    {"changes its root", [] { return long{::chroot(".")}; }},
    {"makes namespaces", [] { return long{::unshare(CLONE_NEWUSER | CLONE_NEWNS)}; }},
    {"unshares", [] { return long{::unshare(CLONE_FILES)}; }},
    {"enters namespaces",
     [] {
       const int self = ::open("/proc/self/ns/user", O_RDONLY);
       return long{::setns(self, 0)};
     }},
    {"loads programs into the kernel",
     [] {
       bpf_attr attributes{};
       return ::syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attributes, sizeof(attributes));
     }},
    {"counts events",
     [] {
       perf_event_attr attributes{};
       attributes.size = sizeof(attributes);
       attributes.type = PERF_TYPE_SOFTWARE;
       return ::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
     }},
    {"handles page faults", [] { return ::syscall(SYS_userfaultfd, O_CLOEXEC | 1); }},
    {"loads a kernel", [] { return ::syscall(SYS_kexec_load, 0, 0, nullptr, 0); }},
    {"loads a module", [] { return ::syscall(SYS_init_module, nullptr, 0, ""); }},
    {"loads a module from a file", [] { return ::syscall(SYS_finit_module, kNone, "", 0); }},
    {"removes a module", [] { return ::syscall(SYS_delete_module, "x", O_NONBLOCK); }},
    {"sets the clock",
     [] {
       const timespec wrong{0, -1};
       return ::syscall(SYS_clock_settime, CLOCK_REALTIME, &wrong);
     }},
    {"sets the time of day",
     [] {
       const timeval wrong{0, -1};
       return ::syscall(SYS_settimeofday, &wrong, nullptr);
     }},
    {"drags the clock",
     [] {
       timex change{};
       return long{::adjtimex(&change)};
     }},
    {"swaps", [] { return long{::swapon("/proc/self/exe", 0)}; }},
    {"accounts", [] { return long{::acct(nullptr)}; }},
    {"reads the kernel's log", [] { return long{::klogctl(10, nullptr, 0)}; }},
    {"asks for ports of the machine", [] { return ::syscall(SYS_iopl, 3); }},
    {"changes segments", [] { return ::syscall(SYS_modify_ldt, 0, nullptr, 0); }},
    {"sets quotas", [] { return ::syscall(SYS_quotactl, 0, nullptr, 0, nullptr); }},
    {"keeps keys",
     [] { return ::syscall(SYS_add_key, "user", "recrank", "x", 1, -1 /* its thread */); }},
    {"joins a keyring", [] { return ::syscall(SYS_keyctl, 1 /* join */, nullptr); }},
    {"asks for keys", [] { return ::syscall(SYS_request_key, "user", "x", nullptr, 0); }},
    {"leaves shared memory behind",
     [] { return long{::shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600)}; }},
    {"leaves messages behind", [] { return long{::msgget(IPC_PRIVATE, IPC_CREAT | 0600)}; }},
    {"leaves semaphores behind", [] { return long{::semget(IPC_PRIVATE, 1, IPC_CREAT | 0600)}; }},
    {"leaves a queue behind",
     [] { return long{::mq_open("/recrank-hostile", O_CREAT | O_RDWR, 0600, nullptr)}; }},
    {"goes round the filter by io_uring", [] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }},
    {"queues reads and writes",
     [] {
       unsigned long context = 0;
       return ::syscall(SYS_io_setup, 1, &context);
     }},
    {"flushes all disks", [] { return ::syscall(SYS_sync), errno == EPERM ? -1L : 0L; }},
    {"filters its own calls", [] { return ::syscall(SYS_seccomp, 1, 0, nullptr); }},
    {"makes calls of another kind of machine", [] { return ::syscall(0x40000000 | SYS_getpid); }},
};

}  // namespace

std::span<const Attack> attacks_on_the_machine() { return kAttacks; }

}  // namespace hostile
