#include "replay/process/own_network.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/fd.h"

namespace recrank {
namespace {

// 0 or errno. `path` is a file that takes one write.
int put(const char* path, const char* text, size_t size) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return errno;
  const ssize_t written = ::write(file, text, size);
  const int error = written == static_cast<ssize_t>(size) ? 0 : written < 0 ? errno : EIO;
  ::close(file);
  return error;
}

// A new network namespace has its loopback, but down.
int raise_loopback() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", sizeof("lo"));
  int error = ::ioctl(socket, SIOCGIFFLAGS, &request) == 0 ? 0 : errno;
  if (error == 0) {
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
    error = ::ioctl(socket, SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
  }
  ::close(socket);
  return error;
}

std::string itself(unsigned int id) {
  const std::string number = std::to_string(id);
  return number + " " + number + " 1\n";
}

}  // namespace

OwnNetwork::OwnNetwork() : users_(itself(::geteuid())), groups_(itself(::getegid())) {}

NetworkRefusal OwnNetwork::enter() const {
  if (::unshare(CLONE_NEWNET) != 0) {
    if (errno != EPERM) return {NetworkRefusal::Step::kNamespace, errno};
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
      return {NetworkRefusal::Step::kNamespace, errno};
    // The kernel takes a map of groups from an ordinary user only if no group can be left by it.
    if (const int error = put("/proc/self/setgroups", "deny", 4))
      return {NetworkRefusal::Step::kIds, error};
    if (const int error = put("/proc/self/uid_map", users_.data(), users_.size())) {
      return {NetworkRefusal::Step::kIds, error};
    }
    if (const int error = put("/proc/self/gid_map", groups_.data(), groups_.size())) {
      return {NetworkRefusal::Step::kIds, error};
    }
  }
  if (const int error = raise_loopback()) return {NetworkRefusal::Step::kLoopback, error};
  return {};
}

std::string describe(const NetworkRefusal& refusal) {
  const std::string why = ": " + std::string(::strerror(refusal.error));
  switch (refusal.step) {
    case NetworkRefusal::Step::kNone: return "a network namespace of its own can be had";
    case NetworkRefusal::Step::kNamespace: return "cannot make a network namespace" + why;
    case NetworkRefusal::Step::kIds: return "cannot map the user into its namespace" + why;
    case NetworkRefusal::Step::kLoopback:
      return "cannot bring up the loopback of a network namespace" + why;
  }
  return "cannot make a network namespace";
}

std::string remedy(const NetworkRefusal& refusal) {
  if (!refusal) return "";
  return "allow user namespaces (sysctl user.max_user_namespaces, "
         "kernel.unprivileged_userns_clone, "
         "kernel.apparmor_restrict_unprivileged_userns=0), or run as root; in a container: "
         "--cap-add SYS_ADMIN";
}

NetworkRefusal try_own_network() {
  const OwnNetwork network;
  const Pipe answer = make_pipe();
  const pid_t child = ::fork();
  if (child < 0) return {NetworkRefusal::Step::kNamespace, errno};
  if (child == 0) {
    const NetworkRefusal refusal = network.enter();
    const ssize_t put = ::write(answer.write_end.get(), &refusal, sizeof(refusal));
    ::_exit(put == static_cast<ssize_t>(sizeof(refusal)) ? 0 : 1);
  }
  int status = 1;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  NetworkRefusal refusal{NetworkRefusal::Step::kNamespace, EIO};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return refusal;
  // The whole of it is in the pipe: its writer has ended.
  const ssize_t got = ::read(answer.read_end.get(), &refusal, sizeof(refusal));
  if (got != static_cast<ssize_t>(sizeof(refusal))) return {NetworkRefusal::Step::kNamespace, EIO};
  return refusal;
}

}  // namespace recrank
