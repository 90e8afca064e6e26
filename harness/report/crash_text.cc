#include "harness/report/crash_text.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "replay/crash/frame_name.h"
#include "replay/crash/recursion.h"

namespace recrank {
namespace {

constexpr size_t kColumns = 100;  // where a line is broken
constexpr size_t kFramesInText = 12;
constexpr size_t kOuterFramesInText = 3;  // always shown: what the program was about
// Of a recursion longer than this, its first frames are shown, and who is in it.
constexpr size_t kRecursionInText = 6;
constexpr size_t kRecursionNamesInText = 4;
constexpr size_t kBehindRecursionInText = 6;  // at least: what began it says more than itself
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
  if (frame.left_out_before > 0) out["left_out_before"] = frame.left_out_before;
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
  if (const uint64_t left_out = frames_left_out(fault); left_out > 0)
    out["frames_left_out"] = left_out;
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

// The functions of a recursion, each once, and no more than a line holds.
std::string names_in(const std::vector<Frame>& frames, const Recursion& round) {
  std::vector<std::string> names;
  for (size_t i = round.begin; i < round.end; ++i) {
    const std::string name = frame_name(frames[i]);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  const bool many = names.size() > kRecursionNamesInText;
  if (many) names.resize(kRecursionNamesInText);
  return joined(names) + (many ? ", …" : "");
}

// The frames of a fault, line by line, innermost first.
class FrameLines {
 public:
  FrameLines(const std::vector<Frame>& frames, std::string indent)
      : frames_(frames), indent_(std::move(indent)) {}

  [[nodiscard]] size_t shown() const { return shown_; }
  [[nodiscard]] std::string take() { return std::move(text_); }

  void show(size_t index) {
    if (frames_[index].left_out_before > 0) {
      if (!gap_told_) hide(index, index, "");
      numbered_ = false;  // inlined calls were not counted there
    }
    gap_told_ = false;
    text_ += indent_ + "  " + (numbered_ ? "#" + std::to_string(index) : "…") + "  " +
             frame_text(frames_[index]) + "\n";
    ++shown_;
  }

  // Stands for the frames [begin, end) and for those that were left out among them or next to them.
  void hide(size_t begin, size_t end, const std::string& what) {
    uint64_t hidden = end - begin;
    for (size_t i = begin; i <= end && i < frames_.size(); ++i) {
      hidden += frames_[i].left_out_before;
      if (frames_[i].left_out_before > 0) numbered_ = false;
    }
    text_ += indent_ + "  …  " + format_count(hidden) + " more " +
             (hidden == 1 ? "frame" : "frames") + what + "\n";
    gap_told_ = true;
  }

 private:
  const std::vector<Frame>& frames_;
  std::string indent_;
  std::string text_;
  size_t shown_ = 0;
  bool numbered_ = true;
  bool gap_told_ = false;  // what was left out before the next frame
};

// Without what calls main(), which is the same in every stack.
std::vector<Frame> shown_frames(const Fault& fault) {
  std::vector<Frame> frames = fault.frames;
  while (!frames.empty() && role_of(frames.back()) == FrameRole::kPlumbing) frames.pop_back();
  return frames.empty() ? fault.frames : frames;
}

std::string frames_text(const Fault& fault, const std::string& indent) {
  const std::vector<Frame> frames = shown_frames(fault);
  const std::vector<Recursion> rounds = recursions_of(std::span<const Frame>(frames));
  FrameLines lines(frames, indent);
  const size_t outer = frames.size() - std::min(frames.size(), kOuterFramesInText);
  size_t next = 0;
  size_t room = kFramesInText;
  auto round = rounds.begin();
  while (next < outer && lines.shown() < room) {
    while (round != rounds.end() && round->end <= next) ++round;
    const bool within = round != rounds.end() && round->contains(next);
    if (within && next >= round->begin + kRecursionInText && round->end <= outer) {
      lines.hide(next, round->end, " of this recursion: " + names_in(frames, *round));
      next = round->end;
      if (round == rounds.begin()) room = std::max(room, lines.shown() + kBehindRecursionInText);
    } else {
      lines.show(next++);
    }
  }
  if (next < outer) {
    lines.hide(next, outer, "");
    next = outer;
  }
  for (; next < frames.size(); ++next) lines.show(next);
  return lines.take();
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
