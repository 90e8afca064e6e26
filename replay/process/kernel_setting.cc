#include "replay/process/kernel_setting.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"

namespace recrank {
namespace {

constexpr size_t kTextBytesMax = 4096;

}  // namespace

std::optional<std::string> kernel_text(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return std::nullopt;
  std::string text(kTextBytesMax, '\0');
  const ssize_t got = ::read(fd.get(), text.data(), text.size());
  if (got < 0) return std::nullopt;
  text.resize(static_cast<size_t>(got));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::optional<std::string> kernel_setting(const std::string& name) {
  return kernel_text(std::filesystem::path("/proc/sys/kernel") / name);
}

}  // namespace recrank
