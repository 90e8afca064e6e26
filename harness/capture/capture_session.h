// The --capture option of `replay`: what an engine is asked for while it runs, and what is made of
// a crash afterwards.
//
//   shim  the engine runs under recrank-shim, which says how it died (the default)
//   core  the kernel's core file is brought home
//   rr    as shim; then the last steps before the crash are recorded under rr
//   none  only the signal or the exit status is known
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "base/unfinished.h"
#include "harness/capture/rr_capture.h"
#include "harness/request/option_values.h"
#include "harness/session/replay_session.h"

namespace recrank {

// One call of `replay`. Core files that nobody asked to keep go with it.
class CaptureSession {
 public:
  // Everything that can be known to fail fails here, before anything runs: kUsage for a wrong call,
  // kUnsupported for an rr that is not there or cannot record. A machine that leaves no core files
  // is a note, and the shim looks instead.
  CaptureSession(const OptionValues& options, const Interrupt& interrupt);
  CaptureSession(const CaptureSession&) = delete;
  CaptureSession& operator=(const CaptureSession&) = delete;

  [[nodiscard]] const CaptureOptions& engine_options() const { return options_; }
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

  // Puts core files and traces of the crashes in place and into the reports.
  void finish(const Recording& recording, const Engine& engine, const ReplayRequest& base,
              std::vector<SubjectSession>& sessions, const Interrupt& interrupt);

 private:
  void prepare_cores(const OptionValues& options);
  void prepare_rr(const OptionValues& options, const Interrupt& interrupt);
  void keep_core(const std::string& engine_name, SubjectReport& report) const;
  void record(const Recording& recording, const Engine& engine, const ReplayRequest& base,
              SubjectReport& report, const Interrupt& interrupt) const;

  CaptureOptions options_;
  std::vector<std::string> notes_;
  std::filesystem::path core_out_;  // where the last core of a subject ends up
  std::string no_core_;             // why none can be had
  bool cores_wanted_ = false;
  std::optional<UnfinishedDirectory> core_room_;  // holds all of them meanwhile
  std::optional<RrOptions> rr_;
  std::optional<std::filesystem::path> rr_out_;
};

}  // namespace recrank
