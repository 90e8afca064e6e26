#include "replay/process/containment.h"

#include <algorithm>
#include <charconv>
#include <mutex>

#include "base/error.h"
#include "base/text.h"
#include "replay/process/landlock.h"
#include "replay/process/namespaces.h"
#include "replay/process/syscall_filter.h"

namespace recrank {
namespace {

struct Containment {
  std::mutex mutex;
  ContainmentPolicy policy;
  std::string no_namespaces;  // as far as is known by now
  bool used = false;
};
Containment& containment() {
  static Containment* const one = new Containment;
  return *one;
}

}  // namespace

SandboxOptions recorder_sandbox(const std::filesystem::path& directory) {
  SandboxOptions options;
  options.may_fork = true;
  options.writable = {directory};
  return options;
}

ContainmentPolicy parse_containment_policy(std::string_view words) {
  ContainmentPolicy policy;
  const auto refuse = [&](std::string_view word) {
    throw Error(ErrorCode::kUsage,
                "--sandbox: '" + printable(std::string(word), 60) +
                    "' is neither auto nor require, nor behind these no-namespaces or landlock=N");
  };
  bool more = true;
  for (bool first = true; more; first = false) {
    const std::string_view word = words.substr(0, words.find(','));
    more = word.size() < words.size();
    words.remove_prefix(word.size() + (more ? 1 : 0));
    constexpr std::string_view kLandlock = "landlock=";
    if (first) {
      if (word != "auto" && word != "require") refuse(word);
      policy.require = word == "require";
    } else if (word == "no-namespaces") {
      policy.namespaces = false;
    } else if (word.starts_with(kLandlock)) {
      const std::string_view number = word.substr(kLandlock.size());
      const auto [end, error] =
          std::from_chars(number.data(), number.data() + number.size(), policy.landlock_abi_most);
      if (error != std::errc() || end != number.data() + number.size() ||
          policy.landlock_abi_most < 0) {
        refuse(word);
      }
    } else {
      refuse(word);
    }
  }
  return policy;
}

void set_containment_policy(const ContainmentPolicy& policy) {
  const std::scoped_lock lock(containment().mutex);
  containment().policy = policy;
  containment().no_namespaces = policy.namespaces ? "" : "--sandbox forbids them";
}

ContainmentHad containment_had() {
  const std::scoped_lock lock(containment().mutex);
  return {containment().no_namespaces,
          std::min(kernel_landlock_abi(), containment().policy.landlock_abi_most), ""};
}

void no_namespaces_from_here_on(std::string why) {
  const std::scoped_lock lock(containment().mutex);
  containment().no_namespaces = std::move(why);
}

ContainmentHad try_containment() {
  ContainmentHad had = containment_had();
  if (had.no_namespaces.empty()) had.no_namespaces = try_namespaces();
  try {
    static_cast<void>(syscall_filter({}));
  } catch (const Error& error) {
    had.no_filter = error.what();
  }
  return had;
}

std::string missing(const ContainmentHad& had) {
  std::string text;
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (!had.no_namespaces.empty()) add("no namespaces (" + had.no_namespaces + ")");
  if (had.landlock_abi == 0) add("no Landlock");
  if (!had.no_filter.empty()) add("no seccomp (" + had.no_filter + ")");
  return text;
}

std::string remedy(const ContainmentHad& had) {
  if (!had.no_filter.empty()) return "a kernel with seccomp filters";
  if (!had.no_namespaces.empty()) {
    return "install bubblewrap and allow user namespaces (sysctl user.max_user_namespaces, "
           "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns=0); in "
           "a container: --cap-add SYS_ADMIN and a seccomp profile that allows them";
  }
  return had.landlock_abi == 0 ? "a kernel with Landlock (5.13, lsm=...,landlock)" : "";
}

void require_containment(const ContainmentHad& had) {
  {
    const std::scoped_lock lock(containment().mutex);
    containment().used = true;
    if (!containment().policy.require) return;
  }
  const std::string lacking = missing(had);
  if (lacking.empty()) return;
  throw Error(ErrorCode::kUnsupported,
              "--sandbox require: " + lacking + "; " + remedy(had) + ", or --sandbox auto");
}

std::string containment_shortfall() {
  const ContainmentHad had = containment_had();
  const std::scoped_lock lock(containment().mutex);
  return !containment().used || missing(had).empty() ? "" : describe(had);
}

std::string describe(const ContainmentHad& had) {
  if (!had.no_filter.empty()) return missing(had) + ": no engine can be run";
  const std::string lacking = missing(had);
  std::string text = had.no_namespaces.empty() ? "namespaces, " : "";
  if (had.landlock_abi > 0) text += "Landlock " + std::to_string(had.landlock_abi) + ", ";
  text += "seccomp";
  if (!lacking.empty()) text += "; " + lacking;
  if (had.no_namespaces.empty()) {
    return text +
           ": an engine sees its own files and no other process, writes nowhere, and has no "
           "network";
  }
  if (had.landlock_abi > 0) {
    return text +
           ": an engine reads its own files only, writes nowhere, has no network and "
           "reaches no other process, but sees that there are others";
  }
  return text +
         ": an engine writes nowhere, has no network and signals nobody, but reads whatever "
         "you may read";
}

}  // namespace recrank
