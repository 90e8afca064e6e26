#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.h"
#include "harness/engines/doctor.h"
#include "replay/process/crash_tracer.h"
#include "replay/process/kernel_setting.h"
#include "replay/process/rr_cache.h"

namespace recrank {

namespace fs = std::filesystem;

DoctorItem examine_shim(const Interrupt&) {
  const fs::path shim = find_shim();
  if (!shim.empty())
    return {DoctorState::kOk, shim.filename().string() + " is where recrank looks for it", ""};
  return {DoctorState::kLimited, "no recrank-shim beside recrank: deaths have no backtrace",
          "install the whole build (cmake --install), or --capture core"};
}

DoctorItem examine_counters(const Interrupt&) {
  const std::string paranoid = kernel_setting("perf_event_paranoid").value_or("?");
  std::error_code error;
  if (!fs::exists("/sys/bus/event_source/devices/cpu", error)) {
    return {DoctorState::kLimited, "no hardware counters (a virtual machine?)",
            "a machine that has them; or an rr with software counters (--rr PATH)"};
  }
  const bool allowed = ::geteuid() == 0 || paranoid == "1" || paranoid == "0" || paranoid == "-1";
  if (allowed) return {DoctorState::kOk, "hardware counters, perf_event_paranoid " + paranoid, ""};
  return {DoctorState::kLimited, "hardware counters, but perf_event_paranoid is " + paranoid,
          "as root: sysctl kernel.perf_event_paranoid=1"};
}

DoctorItem examine_rr(const Interrupt& interrupt) {
  try {
    const fs::path rr = find_rr(std::nullopt);
    const RrAnswer answer = cached_probe_rr(rr, recrank_cache_directory(), interrupt);
    if (!answer.usable) return {DoctorState::kLimited, answer.why, ""};
    return {DoctorState::kOk,
            rr.string() + " records" + (answer.software_counters ? " with software counters" : ""),
            ""};
  } catch (const Error& error) {
    return {DoctorState::kLimited, error.what(), ""};
  }
}

DoctorItem examine_gdb(const Interrupt&) {
  const fs::path gdb = program_on_path("gdb");
  if (!gdb.empty()) return {DoctorState::kOk, gdb.string(), ""};
  return {DoctorState::kLimited, "no gdb on PATH: core files and rr traces cannot be opened here",
          "Debian: apt install gdb"};
}

}  // namespace recrank
