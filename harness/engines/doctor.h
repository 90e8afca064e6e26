// What this machine can do for recrank, one question at a time.
//
// A probe tries the thing itself where that is cheap (traces a child, starts each engine, records
// /bin/true); a setting alone proves little. None throws, prints or changes anything.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/interrupt.h"

namespace recrank {

enum class DoctorState {
  kOk,       // all of it works
  kLimited,  // replays run, but something that helps to understand a crash is missing
  kMissing,  // no replay can run before this is mended
};
[[nodiscard]] std::string_view to_string(DoctorState state);

struct DoctorItem {
  DoctorState state = DoctorState::kOk;
  std::string what;    // one line: what is there
  std::string remedy;  // one line: how to mend it; empty where nothing is to be mended
};

// doctor_engines.cc
[[nodiscard]] DoctorItem examine_engines(const Interrupt& interrupt);
[[nodiscard]] DoctorItem examine_scratch(const Interrupt& interrupt);
[[nodiscard]] DoctorItem examine_cores_and_memory(const Interrupt& interrupt);

// doctor_kernel.cc
[[nodiscard]] DoctorItem examine_sandbox(const Interrupt& interrupt);
[[nodiscard]] DoctorItem examine_network(const Interrupt& interrupt);
[[nodiscard]] DoctorItem examine_limits(const Interrupt& interrupt);
[[nodiscard]] DoctorItem examine_randomisation(const Interrupt& interrupt);
[[nodiscard]] DoctorItem examine_ptrace(const Interrupt& interrupt);
[[nodiscard]] DoctorItem examine_core_files(const Interrupt& interrupt);

// doctor_debuggers.cc
[[nodiscard]] DoctorItem examine_shim(const Interrupt& interrupt);
[[nodiscard]] DoctorItem examine_counters(const Interrupt& interrupt);
[[nodiscard]] DoctorItem examine_rr(const Interrupt& interrupt);
[[nodiscard]] DoctorItem examine_gdb(const Interrupt& interrupt);

struct DoctorProbe {
  std::string_view name;
  DoctorItem (*examine)(const Interrupt&);
};

// In the order of the report.
inline constexpr std::array kDoctorProbes{
    DoctorProbe{"engines", examine_engines},
    DoctorProbe{"scratch", examine_scratch},
    DoctorProbe{"machine", examine_cores_and_memory},
    DoctorProbe{"sandbox", examine_sandbox},
    DoctorProbe{"own network", examine_network},
    DoctorProbe{"limits", examine_limits},
    DoctorProbe{"randomisation", examine_randomisation},
    DoctorProbe{"ptrace", examine_ptrace},
    DoctorProbe{"shim", examine_shim},
    DoctorProbe{"core files", examine_core_files},
    DoctorProbe{"counters", examine_counters},
    DoctorProbe{"rr", examine_rr},
    DoctorProbe{"gdb", examine_gdb},
};

}  // namespace recrank
