#include "replay/process/rr_cache.h"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json_codec.h"
#include "replay/process/kernel_setting.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kCacheBytesMax = 64 << 10;
constexpr const char* kFileName = "rr.json";

// All that the answer depends on, as one line.
std::string key_of(const fs::path& rr) {
  struct stat status {};
  if (::stat(rr.c_str(), &status) != 0) return "";
  utsname system{};
  ::uname(&system);
  std::error_code error;
  const bool counters = fs::exists("/sys/bus/event_source/devices/cpu", error);
  return rr.string() + " " + std::to_string(status.st_size) + " " +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) +
         " kernel " + system.release + " user " + std::to_string(::geteuid()) + " counters " +
         (counters ? "yes" : "no") + " paranoid " +
         kernel_setting("perf_event_paranoid").value_or("?");
}

// What the file holds.
struct KeptAnswer {
  std::string key;
  RrAnswer answer;
};

template <typename Members>
void json_members(Members& of, KeptAnswer& kept) {
  of.schema("recrank.rr/1");
  of.required("key", kept.key);
  of.required("usable", kept.answer.usable);
  of.required("software_counters", kept.answer.software_counters);
  of.required("why", kept.answer.why);
}

std::optional<RrAnswer> remembered(const fs::path& file, const std::string& key) {
  try {
    auto kept = read_json<KeptAnswer>(read_small_file(file, kCacheBytesMax), kFileName);
    kept.answer.lasting = true;
    if (kept.key != key || (!kept.answer.usable && kept.answer.why.empty())) return std::nullopt;
    return kept.answer;
  } catch (const Error&) {  // a cache that is damaged or not there: ask again
    return std::nullopt;
  }
}

void remember(const fs::path& directory, const std::string& key, const RrAnswer& answer) {
  std::error_code error;
  fs::create_directories(directory, error);
  try {
    AtomicFile file(directory / kFileName);
    file.write(write_json(KeptAnswer{key, answer}) + "\n");
    file.commit();
  } catch (
      const Error&) {  // NOLINT(bugprone-empty-catch): the next call has to ask again, that is all
  }
}

}  // namespace

RrAnswer cached_probe_rr(const fs::path& rr, const fs::path& directory,
                         const Interrupt& interrupt) {
  const std::string key = key_of(rr);
  const bool cacheable = !directory.empty() && !key.empty();
  if (cacheable) {
    if (auto known = remembered(directory / kFileName, key)) return *known;
  }
  RrAnswer answer = probe_rr(rr, interrupt);
  if (cacheable && answer.lasting) remember(directory, key, answer);
  return answer;
}

RrProgram require_rr(const std::optional<std::string>& asked, const fs::path& cache_directory,
                     const Interrupt& interrupt) {
  const fs::path rr = find_rr(asked);
  const RrAnswer answer = cached_probe_rr(rr, cache_directory, interrupt);
  if (!answer.usable) throw Error(ErrorCode::kUnsupported, answer.why);
  return {rr, answer.software_counters};
}

fs::path recrank_cache_directory() {
  const auto environment = [](const char* name) -> std::string {
    const char* const value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const std::string home = environment("RECRANK_HOME"); !home.empty()) return home;
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) {
    return fs::path(cache) / "recrank";
  }
  if (const std::string home = environment("HOME"); !home.empty()) {
    return fs::path(home) / ".cache" / "recrank";
  }
  return {};
}

}  // namespace recrank
