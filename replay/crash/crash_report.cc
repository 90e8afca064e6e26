// Format of the text between recrank-shim and recrank of one build, so it has no version.
#include "replay/crash/crash_report.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/json_codec.h"
#include "base/text.h"

namespace recrank {
namespace {

// What is longer or more is cut when it is written, and so refused when it is read.
constexpr size_t kReportBytesMax = 8 << 20;
constexpr size_t kTextBytesMax = 1000;
constexpr size_t kMessageBytesMax = 4000;
constexpr size_t kFramesMax = 500;
constexpr size_t kRegistersMax = 64;
constexpr size_t kMapsMax = 4000;
constexpr size_t kLossesMax = 40;

// Printable and at most `limit` bytes; of such a text, the text itself.
std::string clean(std::string_view text, size_t limit = kTextBytesMax) {
  std::string out = printable(text, text.size());
  if (out.size() <= limit) return out;
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
  out.resize(end);
  return out;
}

// A text as clean() leaves it.
struct CleanText : JsonString {
  size_t limit = kTextBytesMax;

  void write(const std::string& value, std::string& out) const {
    JsonString::write(clean(value, limit), out);
  }
};

// A list of which the first `most` are kept.
template <typename Form>
struct CutList : JsonList<Form> {
  template <typename Value>
  void write(const std::vector<Value>& values, std::string& out) const {
    const auto kept = static_cast<std::ptrdiff_t>(std::min(values.size(), this->most));
    JsonList<Form>::write(std::vector<Value>(values.begin(), values.begin() + kept), out);
  }
};

// True where the member is missing.
struct MissingIsTrue : JsonForm<bool> {
  static bool is_nothing(bool value) { return value; }
  static bool read(JsonCursor& in, const JsonAt& at) { return !JsonForm<bool>::read(in, at); }
  static void write(bool value, std::string& out) { JsonForm<bool>::write(!value, out); }
};

constexpr std::array kOccasions{std::pair(CrashOccasion::kDeath, "death"),
                                std::pair(CrashOccasion::kHang, "hang")};

}  // namespace

template <typename Members>
void json_members(Members& of, Frame& frame) {
  of.required("address", frame.address, JsonHex());
  of.sparse("module", frame.module, CleanText());
  of.sparse("build_id", frame.build_id, CleanText());
  of.sparse("offset", frame.offset, JsonHex());
  of.sparse("function", frame.function, CleanText());
  of.sparse("function_offset", frame.function_offset, JsonHex());
  of.sparse("file", frame.file, CleanText());
  of.sparse("line", frame.line);
  of.sparse("inlined", frame.inlined);
  of.sparse("left_out_before", frame.left_out_before);
}

template <typename Members>
void json_members(Members& of, Register& each) {
  of.sparse("name", each.name, CleanText());
  of.required("value", each.value, JsonHex());
}

template <typename Members>
void json_members(Members& of, Fault& fault) {
  of.sparse("signal", fault.signal);
  of.sparse("code", fault.code);
  of.sparse("address", fault.address, JsonHex());
  of.sparse("mapping", fault.mapping, CleanText());
  of.sparse("sender", fault.sender);
  of.sparse("sent_by_itself", fault.sent_by_itself);
  of.sparse("thread_name", fault.thread_name, CleanText());
  of.sparse("other_thread", fault.main_thread, MissingIsTrue());
  of.sparse("frames", fault.frames, CutList<JsonForm<Frame>>{{kFramesMax}});
  of.sparse("registers", fault.registers, CutList<JsonForm<Register>>{{kRegistersMax}});
  of.sparse("code_bytes", fault.code_bytes, CleanText());
  of.sparse("stack_overflow", fault.stack_overflow);
  of.sparse("stack_starved", fault.stack_starved);
}

template <typename Members>
void json_members(Members& of, CrashReport& report) {
  of.required("occasion", report.occasion, JsonWords{kOccasions});
  of.required("fault", report.fault);
  of.sparse("first", report.first);
  of.sparse("abort_message", report.abort_message, CleanText{{}, kMessageBytesMax});
  of.sparse("maps", report.maps, CutList<CleanText>{{kMapsMax}});
  of.sparse("losses", report.losses, CutList<CleanText>{{kLossesMax}});
}

uint64_t frames_left_out(const Fault& fault) {
  uint64_t sum = 0;
  for (const Frame& frame : fault.frames) sum += frame.left_out_before;
  return sum;
}

std::string write_crash_report(const CrashReport& report) { return write_json(report); }

CrashReport parse_crash_report(std::string_view json) {
  const auto refuse = [](const char* what) {
    throw Error(ErrorCode::kInvalidData, std::string("crash report: ") + what);
  };
  if (json.size() > kReportBytesMax) refuse("it is too long");
  auto report = read_json<CrashReport>(json, "crash report");
  // One text per report: what would have been written otherwise was not written by it. This also
  // finds members that are out of order, and text that is not printable.
  if (write_crash_report(report) != json) refuse("not as recrank-shim writes it");
  return report;
}

}  // namespace recrank
