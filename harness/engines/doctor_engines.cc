#include <sys/statvfs.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "base/text.h"
#include "harness/engines/doctor.h"
#include "harness/engines/engine_registry.h"
#include "replay/process/kernel_setting.h"

namespace recrank {
namespace {

constexpr uint64_t kScratchBytesMin = 1ULL << 30;
// An engine gives up at 2 GiB of heap; usual vats take a fifth of a gigabyte.
constexpr uint64_t kMemoryBytesMin = 1ULL << 30;

// "MemAvailable:   12345 kB" of /proc/meminfo, in bytes.
uint64_t available_memory() {
  const std::string text = kernel_text("/proc/meminfo").value_or("");
  constexpr std::string_view kName = "MemAvailable:";
  const size_t at = text.find(kName);
  if (at == std::string::npos) return 0;
  return std::strtoull(text.c_str() + at + kName.size(), nullptr, 10) * 1024;
}

}  // namespace

DoctorItem examine_engines(const Interrupt& interrupt) {
  std::string good;
  std::string broken;
  bool of_processes = false;  // those that are a part of recrank are always there
  try {
    const EngineRegistry registry = EngineRegistry::load();
    for (const EngineEntry& entry : registry.entries()) {
      if (interrupt.requested()) break;
      try {
        const auto engine = open_engine(entry);
        good += (good.empty() ? "" : ", ") + printable(entry.name, 60) + " (" +
                engine->identity().dialect + ")";
        of_processes = of_processes || !entry.native;
      } catch (const Error& error) {  // one broken engine must not hide the others
        broken += "; broken: " + printable(entry.name, 60) + ": " + printable(error.what(), 200);
      }
    }
  } catch (const Error& error) {  // engines.json cannot be understood
    return {DoctorState::kMissing, error.what(), ""};
  }
  const std::string add =
      "recrank engines add NAME WORKER; ./quickstart of the sources builds the usual ones";
  if (!of_processes) {
    const std::string only = good.empty() ? "" : ", only " + good;
    return {DoctorState::kMissing, "no engine that can be started" + only + broken, add};
  }
  if (!broken.empty()) return {DoctorState::kLimited, good + broken, "recrank engines remove NAME"};
  return {DoctorState::kOk, good, ""};
}

DoctorItem examine_scratch(const Interrupt&) {
  try {
    const ScratchDir scratch;
    struct statvfs disk {};
    if (::statvfs(scratch.path().c_str(), &disk) != 0) throw_errno("statvfs", errno);
    const uint64_t free_bytes = static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
    const std::string what =
        scratch.path().parent_path().string() + ", " + format_bytes(free_bytes) + " free";
    if (free_bytes >= kScratchBytesMin) return {DoctorState::kOk, what, ""};
    return {DoctorState::kLimited, what,
            "packed evidence may not fit; set TMPDIR to a larger place"};
  } catch (const Error& error) {
    return {DoctorState::kMissing, error.what(), ""};
  }
}

DoctorItem examine_cores_and_memory(const Interrupt&) {
  const uint64_t memory = available_memory();
  const std::string what = counted(std::thread::hardware_concurrency(), "processor") + ", " +
                           format_bytes(memory) + " of memory available";
  if (memory >= kMemoryBytesMin) return {DoctorState::kOk, what, ""};
  return {DoctorState::kLimited, what, "run few engines side by side (--jobs)"};
}

}  // namespace recrank
