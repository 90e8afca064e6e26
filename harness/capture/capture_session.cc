#include "harness/capture/capture_session.h"

#include <cstdlib>
#include <sstream>
#include <system_error>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "harness/engines/engine_registry.h"
#include "replay/process/core_file.h"
#include "replay/process/rr_cache.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kRrStepsMax = 100'000;
constexpr uint64_t kRrSizeMin = 1 << 20;
constexpr const char* kRrOnly[] = {"rr", "rr-args", "rr-steps", "rr-out", "rr-size-limit"};

// "v6-120": a vat's id comes from the evidence and is no path.
std::string place_name(const SubjectReport& report) {
  std::string name;
  for (const char byte : report.subject.id) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '-' || byte == '_';
    name += plain ? byte : '_';
  }
  return name + "-" + std::to_string(report.result.verdict.step.value_or(0));
}

bool is_crash(const Verdict& verdict) {
  return verdict.kind == VerdictKind::kCrashed && verdict.step.has_value();
}

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

void require_no_other(const OptionValues& options, const std::string& mode) {
  if (options.has("core-out") && mode != "core") {
    throw Error(ErrorCode::kUsage, "--core-out goes with --capture core");
  }
  for (const char* name : kRrOnly) {
    if (!options.has(name) || mode == "rr") continue;
    throw Error(ErrorCode::kUsage, "--" + std::string(name) + " goes with --capture rr");
  }
}

// The plan of the part that met the verdict.
ReplayPlan plan_of(const SubjectReport& report) {
  for (const ReplayPlan& part : report.parts) {
    if (part.range.contains(*report.result.verdict.step)) return part;
  }
  return report.result.plan;
}

}  // namespace

CaptureSession::CaptureSession(const OptionValues& options, const Interrupt& interrupt) {
  const std::string mode =
      options.choice("capture", {"shim", "core", "rr", "none"}).value_or("shim");
  require_no_other(options, mode);
  if (mode == "none") options_.mode = CaptureMode::kNone;
  if (mode == "core") prepare_cores(options);
  if (mode == "rr") prepare_rr(options, interrupt);
}

void CaptureSession::prepare_cores(const OptionValues& options) {
  cores_wanted_ = true;
  core_out_ = options.text("core-out").value_or("");
  const fs::path place = core_out_.empty() ? fs::path(".") : core_out_;
  std::error_code error;
  if (!fs::is_directory(place, error)) {
    throw Error(ErrorCode::kUsage, "--core-out: " + place.string() + " is no directory");
  }
  no_core_ = why_no_core(CorePattern::of_system());
  if (!no_core_.empty()) {
    notes_.push_back("--capture core: " + no_core_);
    return;
  }
  core_room_.emplace(fs::absolute(place / "recrank-cores"));
  options_.mode = CaptureMode::kCore;
  options_.core_directory = core_room_->path();
}

void CaptureSession::prepare_rr(const OptionValues& options, const Interrupt& interrupt) {
  RrOptions rr;
  rr.extra = split_words(options.text("rr-args").value_or(""));
  rr.steps = options.number("rr-steps").value_or(rr.steps);
  rr.size_limit_bytes = options.bytes("rr-size-limit").value_or(rr.size_limit_bytes);
  if (rr.steps < 1 || rr.steps > kRrStepsMax) {
    throw Error(ErrorCode::kUsage,
                "--rr-steps takes a number from 1 to " + std::to_string(kRrStepsMax));
  }
  if (rr.size_limit_bytes < kRrSizeMin) {
    throw Error(ErrorCode::kUsage, "--rr-size-limit is at least " + format_bytes(kRrSizeMin));
  }
  if (const auto out = options.text("rr-out")) {
    if (options.flag("all")) {
      throw Error(ErrorCode::kUsage,
                  "--rr-out names one trace: it goes with --vat, not with --all");
    }
    rr_out_ = fs::path(*out) / "";
    rr_out_ = rr_out_->parent_path();  // without a slash at the end
    require_free_trace(*rr_out_);
  }
  rr.program = with_context(
      [] { return std::string("--capture rr"); },
      [&] { return require_rr(options.text("rr"), recrank_cache_directory(), interrupt); });
  rr_ = std::move(rr);
}

void CaptureSession::finish(const Recording& recording, const Engine& engine,
                            const ReplayRequest& base, std::vector<SubjectSession>& sessions,
                            const Interrupt& interrupt) {
  for (SubjectSession& session : sessions) {
    if (!is_crash(session.report.result.verdict)) continue;
    if (cores_wanted_) keep_core(engine.identity().name, session.report);
    if (rr_ && !interrupt.requested()) record(recording, engine, base, session.report, interrupt);
  }
}

void CaptureSession::keep_core(const std::string& engine_name, SubjectReport& report) const {
  const ProcessEnd& end = report.result.verdict.end;
  if (end.signal == 0) return;
  std::string missing = no_core_.empty() ? end.core_missing : no_core_;
  if (!end.core.empty()) {
    const fs::path kept = core_out_ / ("recrank-core-" + place_name(report));
    try {
      std::error_code absent;
      if (fs::exists(fs::symlink_status(kept, absent)) && !process_of_core(kept)) {
        throw Error(ErrorCode::kIo, kept.string() +
                                        " is there and is no core file; name another directory "
                                        "with --core-out");
      }
      move_core(end.core, kept);
      const CoreSize size = core_size(kept);
      const std::string command =
          "gdb " + shell_quote(program_of(engine_name).string()) + " " + shell_quote(kept.string());
      const Json core{{"file", printable(kept.string())},
                      {"bytes", size.apparent_bytes},
                      {"disk_bytes", size.disk_bytes},
                      {"command", printable(command)}};
      report.captured.push_back({"core", json_text(core),
                                 "  core: " + printable(kept.string()) + ", " +
                                     format_bytes(size.apparent_bytes) + ", on disk " +
                                     format_bytes(size.disk_bytes) +
                                     "\n  debugger: " + printable(command) + "\n"});
      return;
    } catch (const Error& error) {
      missing = error.what();
    }
  }
  report.captured.push_back({"core", json_text({{"missing", printable(missing)}}),
                             "  no core file: " + printable(missing) + "\n"});
}

void CaptureSession::record(const Recording& recording, const Engine& engine,
                            const ReplayRequest& base, SubjectReport& report,
                            const Interrupt& interrupt) const {
  ReplayRequest request = base;
  request.subject_id = report.subject.id;
  const fs::path out = rr_out_.value_or("recrank-rr-" + place_name(report));
  RrResult result;
  try {
    result = record_crash(recording, engine, request, plan_of(report), report.result.verdict, *rr_,
                          out, interrupt);
  } catch (const Error& error) {  // the crash itself was found and is reported all the same
    result.notes.emplace_back(error.what());
  }
  Json json = Json::object();
  std::string text;
  if (result.trace) {
    const RrTrace& trace = *result.trace;
    json = {{"trace", printable(trace.directory.string())},
            {"command", printable(trace.command)},
            {"start", trace.start},
            {"steps", trace.steps},
            {"bytes", trace.bytes}};
    text += "  rr trace: " + printable(trace.directory.string()) + ", " +
            std::to_string(trace.steps) + (trace.steps == 1 ? " step" : " steps") + " from " +
            trace.start + ", " + format_bytes(trace.bytes) +
            "\n  debugger: " + printable(trace.command) + "\n";
  } else {
    json["missing"] =
        result.notes.empty() ? "no place to begin a recording at" : printable(result.notes.back());
    text += "  no rr trace\n";
  }
  if (!result.notes.empty()) {
    json["notes"] = Json::array();
    for (const std::string& note : result.notes) {
      json["notes"].push_back(printable(note));
      text += "    " + printable(note) + "\n";
    }
  }
  report.captured.push_back({"rr", json_text(json), text});
}

}  // namespace recrank
