// What may be read must not be changed, in no way that a file can be.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "tests/stand_ins/hostile_program.h"

namespace hostile {
namespace {

int readable() { return ::open(target.file, O_RDONLY); }
std::string beside(const char* name) { return std::string(target.file) + name; }

const Attack kAttacks[] = {
    {"writes a file", [] { return long{::open(target.file, O_WRONLY)}; }},
    {"appends to a file", [] { return long{::open(target.file, O_RDWR | O_APPEND)}; }},
    {"truncates a file", [] { return long{::truncate(target.file, 1)}; }},
    {"truncates as it opens for reading",
     [] { return long{::open(target.file, O_RDONLY | O_TRUNC)}; }},
    {"truncates as it opens for requests", [] { return long{::open(target.file, 3 | O_TRUNC)}; }},
    {"makes a file", [] { return long{::open(beside(".new").c_str(), O_CREAT | O_WRONLY, 0600)}; }},
    {"makes a nameless file", [] { return long{::open(".", O_TMPFILE | O_RDWR, 0600)}; }},
    {"makes a directory", [] { return long{::mkdir(beside(".dir").c_str(), 0700)}; }},
    {"makes a fifo", [] { return long{::mknod(beside(".fifo").c_str(), S_IFIFO | 0600, 0)}; }},
    {"makes a link", [] { return long{::link(target.file, beside(".link").c_str())}; }},
    {"makes a symbolic link", [] { return long{::symlink("/", beside(".symlink").c_str())}; }},
    {"renames a file", [] { return long{::rename(target.file, beside(".gone").c_str())}; }},
    {"removes a file", [] { return long{::unlink(target.file)}; }},
    {"changes a mode", [] { return long{::chmod(target.file, 0777)}; }},
    {"changes a mode by descriptor", [] { return long{::fchmod(readable(), 0777)}; }},
    {"changes a mode by fchmodat2", [] { return ::syscall(452, AT_FDCWD, target.file, 0777, 0); }},
    {"changes an owner", [] { return long{::chown(target.file, ::getuid(), ::getgid())}; }},
    {"changes an owner by descriptor", [] { return long{::fchown(readable(), -1U, ::getgid())}; }},
    {"changes times", [] { return long{::utimensat(AT_FDCWD, target.file, nullptr, 0)}; }},
    {"changes times by descriptor", [] { return long{::futimens(readable(), nullptr)}; }},
    {"changes times by utimes", [] { return long{::utimes(target.file, nullptr)}; }},
    {"sets an attribute", [] { return long{::setxattr(target.file, "user.x", "1", 1, 0)}; }},
    {"sets an attribute by descriptor",
     [] { return long{::fsetxattr(readable(), "user.x", "1", 1, 0)}; }},
    {"removes an attribute", [] { return long{::removexattr(target.file, "user.y")}; }},
    {"sets flags",
     [] {
       int flags = FS_NODUMP_FL;
       return long{::ioctl(readable(), FS_IOC_SETFLAGS, &flags)};
     }},
    {"sets extended flags",
     [] {
       fsxattr flags{};
       flags.fsx_xflags = FS_XFLAG_NODUMP;
       return long{::ioctl(readable(), FS_IOC_FSSETXATTR, &flags)};
     }},
    {"opens a file by its handle",
     [] {
       int mount = 0;
       file_handle handle{};
       return long{::name_to_handle_at(AT_FDCWD, target.file, &handle, &mount, 0)};
     }},
    {"keeps memory beyond its limit in a file",
     [] { return long{::memfd_create("x", MFD_CLOEXEC)}; }},
    {"keeps secret memory", [] { return ::syscall(447, 0); }},
    {"writes where temporary files are",
     [] { return long{::open("/tmp/recrank-hostile", O_CREAT | O_WRONLY, 0600)}; }},
    {"writes to shared memory",
     [] { return long{::open("/dev/shm/recrank-hostile", O_CREAT | O_RDWR, 0600)}; }},
    {"types into the terminal",
     [] {
       const int terminal = ::open("/dev/tty", O_RDWR);
       return terminal < 0 ? -1L : long{::ioctl(terminal, TIOCSTI, "\n")};
     }},
    {"types into a descriptor that is given", [] { return long{::ioctl(0, TIOCSTI, "\n")}; }},
};

}  // namespace

std::span<const Attack> attacks_on_files() { return kAttacks; }

}  // namespace hostile
