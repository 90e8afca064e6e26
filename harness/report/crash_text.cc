#include "harness/report/crash_text.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr size_t kColumns = 100;  // where a line is broken
constexpr size_t kFramesInText = 12;
constexpr size_t kOuterFramesInText = 3;  // of a stack whose middle is left out
constexpr size_t kNameBytesInText = 120;
constexpr size_t kMessageBytesInText = 400;

Json frame_json(const Frame& frame) {
  Json out{{"address", format_address(frame.address)}};
  if (!frame.module.empty()) {
    out["module"] = frame.module;
    out["offset"] = format_address(frame.offset);
  }
  if (!frame.build_id.empty()) out["build_id"] = frame.build_id;
  if (!frame.function.empty()) {
    out["function"] = frame.function;
    if (!frame.inlined) out["function_offset"] = format_address(frame.function_offset);
  }
  if (!frame.file.empty()) {
    out["file"] = frame.file;
    out["line"] = frame.line;
  }
  if (frame.inlined) out["inlined"] = true;
  return out;
}

Json fault_json(const Fault& fault) {
  Json out{{"what", fault_words(fault)}};
  if (fault.signal != 0) {
    out["signal"] = fault.signal;
    out["code"] = fault.code;
  }
  if (fault.address) out["address"] = format_address(*fault.address);
  if (!fault.mapping.empty()) out["mapping"] = fault.mapping;
  if (fault.sender) {
    out["sent_by"] = fault.sent_by_itself ? "itself" : "another process";
    if (!fault.sent_by_itself) out["sender"] = *fault.sender;
  }
  out["thread"] = fault.thread_name;
  out["main_thread"] = fault.main_thread;
  if (fault.stack_overflow) out["stack_overflow"] = true;
  if (fault.stack_starved) out["stack_starved"] = true;
  Json frames = Json::array();
  for (const Frame& frame : fault.frames) frames.push_back(frame_json(frame));
  out["frames"] = std::move(frames);
  if (fault.frames_left_out > 0) out["frames_left_out"] = fault.frames_left_out;
  if (!fault.registers.empty()) {
    Json registers = Json::object();
    for (const Register& each : fault.registers) registers[each.name] = format_address(each.value);
    out["registers"] = std::move(registers);
  }
  if (!fault.code_bytes.empty()) out["code_bytes"] = fault.code_bytes;
  return out;
}

std::string thread_text(const Fault& fault) {
  const std::string name = fault.thread_name.empty() ? "" : " " + printable(fault.thread_name, 40);
  return (fault.main_thread ? "main thread" : "thread") + name;
}

std::string frames_text(const Fault& fault, const std::string& indent) {
  const std::vector<Frame>& frames = fault.frames;
  const auto line = [&](size_t index) {
    return indent + "  #" + std::to_string(index) + "  " + frame_text(frames[index]) + "\n";
  };
  std::string text;
  const size_t shown = std::min(frames.size(), kFramesInText);
  for (size_t i = 0; i < shown; ++i) text += line(i);
  const uint64_t hidden = frames.size() - shown + fault.frames_left_out;
  if (hidden == 0) return text;
  const size_t outer =
      fault.frames_left_out > 0 ? std::min(frames.size() - shown, kOuterFramesInText) : 0;
  text += indent + "  …  " + format_count(hidden - outer) + " more frames\n";
  // Numbers behind a gap would be wrong.
  for (size_t i = frames.size() - outer; i < frames.size(); ++i) {
    text += indent + "  …  " + frame_text(frames[i]) + "\n";
  }
  return text;
}

std::string machine_text(const Fault& fault, const std::string& indent) {
  std::string text;
  for (const char* name : {"rip", "rsp", "rax", "rdi"}) {
    for (const Register& each : fault.registers) {
      if (each.name == name) text += " " + each.name + " " + format_address(each.value);
    }
  }
  if (!text.empty()) text = indent + " " + text + "\n";
  if (!fault.code_bytes.empty()) text += indent + "  code " + fault.code_bytes + "\n";
  return text;
}

std::string fault_text(const Fault& fault, const std::string& indent) {
  const std::string words = fault_words(fault) + ", ";
  const std::string thread = "in the " + thread_text(fault) + "\n";
  const bool long_line = indent.size() + words.size() + thread.size() > kColumns;
  return indent + (long_line ? words.substr(0, words.size() - 1) + "\n" + indent + "  " : words) +
         thread + frames_text(fault, indent) + machine_text(fault, indent);
}

}  // namespace

const CrashReport* crash_of(const Verdict& verdict) {
  if (verdict.limit && verdict.limit->end.report) return &*verdict.limit->end.report;
  return verdict.end.report ? &*verdict.end.report : nullptr;
}

std::string frame_text(const Frame& frame) {
  std::string text = frame.module.empty() ? "" : printable(frame.module, 40) + "!";
  if (!frame.function.empty()) {
    text += printable(frame.function, kNameBytesInText);
    if (!frame.inlined && frame.file.empty()) text += "+" + format_address(frame.function_offset);
  } else {
    text += format_address(frame.module.empty() ? frame.address : frame.offset);
    if (frame.module.empty()) text += " (in no file)";
  }
  if (!frame.file.empty()) {
    text += "  " + printable(frame.file, 80) + ":" + std::to_string(frame.line);
  }
  if (frame.inlined) text += "  (inlined)";
  return text;
}

Json crash_json(const CrashReport& report) {
  Json out{{"occasion", report.occasion == CrashOccasion::kHang ? "hang" : "death"},
           {"fault", fault_json(report.fault)}};
  if (report.first) out["first_fault"] = fault_json(*report.first);
  if (!report.abort_message.empty()) out["abort_message"] = report.abort_message;
  if (!report.maps.empty()) out["maps"] = report.maps;
  if (!report.losses.empty()) out["losses"] = report.losses;
  return out;
}

std::string crash_text(const CrashReport& report, const std::string& indent) {
  std::string text;
  if (report.first) {
    text += indent + "first, and taken by a handler of the program that did not survive it:\n" +
            fault_text(*report.first, indent + "  ") + indent + "then, within the handler:\n" +
            fault_text(report.fault, indent + "  ");
  } else if (report.fault.frames.empty() && report.fault.registers.empty()) {
    // Nobody looked: the headline says all that is known.
  } else {
    if (report.occasion == CrashOccasion::kHang) text += indent + "when its time was up:\n";
    text += fault_text(report.fault, indent);
  }
  if (!report.abort_message.empty()) {
    text +=
        indent + "its last message: " + printable(report.abort_message, kMessageBytesInText) + "\n";
  }
  for (const std::string& loss : report.losses) {
    text += indent + "not captured: " + printable(loss, kMessageBytesInText) + "\n";
  }
  return text;
}

}  // namespace recrank
