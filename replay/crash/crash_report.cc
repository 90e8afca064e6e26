// Encoder and decoder of crash reports, side by side. The text travels between recrank-shim and
// recrank of one build, so it has no version.
#include "replay/crash/crash_report.h"

#include <array>
#include <charconv>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"

namespace recrank {
namespace {

// What is longer or more is cut by the encoder, and so refused by the decoder.
constexpr size_t kReportBytesMax = 8 << 20;
constexpr size_t kTextBytesMax = 1000;
constexpr size_t kMessageBytesMax = 4000;
constexpr size_t kFramesMax = 500;
constexpr size_t kRegistersMax = 64;
constexpr size_t kMapsMax = 4000;
constexpr size_t kLossesMax = 40;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidData, "crash report: " + what);
}

// Printable and at most `limit` bytes; of such a text, the text itself.
std::string clean(std::string_view text, size_t limit = kTextBytesMax) {
  std::string out = printable(text, text.size());
  if (out.size() <= limit) return out;
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
  out.resize(end);
  return out;
}

// ---- encoder ----

// One object, member by member. Members that hold nothing are left out.
class ObjectText {
 public:
  void raw(const char* key, const std::string& value) {
    text_ += (text_.empty() ? "\"" : ",\"") + std::string(key) + "\":" + value;
  }
  void text(const char* key, std::string_view value, size_t limit = kTextBytesMax) {
    if (!value.empty()) raw(key, json_quote(clean(value, limit)));
  }
  void number(const char* key, int64_t value) {
    if (value != 0) raw(key, std::to_string(value));
  }
  void address(const char* key, uint64_t value) { raw(key, "\"" + format_address(value) + "\""); }
  void flag(const char* key, bool value) {
    if (value) raw(key, "true");
  }
  template <typename List, typename Encode>
  void list(const char* key, const List& items, size_t limit, Encode encode) {
    if (items.empty()) return;
    std::string out;
    for (size_t i = 0; i < items.size() && i < limit; ++i)
      out += (i > 0 ? "," : "") + encode(items[i]);
    raw(key, "[" + out + "]");
  }
  [[nodiscard]] std::string done() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string encode_text(const std::string& text) { return json_quote(clean(text)); }

std::string encode_frame(const Frame& frame) {
  ObjectText out;
  out.address("address", frame.address);
  out.text("module", frame.module);
  out.text("build_id", frame.build_id);
  if (frame.offset != 0) out.address("offset", frame.offset);
  out.text("function", frame.function);
  if (frame.function_offset != 0) out.address("function_offset", frame.function_offset);
  out.text("file", frame.file);
  out.number("line", frame.line);
  out.flag("inlined", frame.inlined);
  return out.done();
}

std::string encode_register(const Register& each) {
  ObjectText out;
  out.text("name", each.name);
  out.address("value", each.value);
  return out.done();
}

std::string encode_fault(const Fault& fault) {
  ObjectText out;
  out.number("signal", fault.signal);
  out.number("code", fault.code);
  if (fault.address) out.address("address", *fault.address);
  out.text("mapping", fault.mapping);
  if (fault.sender) out.raw("sender", std::to_string(*fault.sender));
  out.flag("sent_by_itself", fault.sent_by_itself);
  out.text("thread_name", fault.thread_name);
  out.flag("other_thread", !fault.main_thread);
  out.list("frames", fault.frames, kFramesMax, encode_frame);
  if (fault.frames_left_out != 0) out.address("frames_left_out", fault.frames_left_out);
  out.list("registers", fault.registers, kRegistersMax, encode_register);
  out.text("code_bytes", fault.code_bytes);
  out.flag("stack_overflow", fault.stack_overflow);
  out.flag("stack_starved", fault.stack_starved);
  return out.done();
}

// ---- decoder ----

uint64_t address_of(JsonCursor& cursor) {
  const std::string text = cursor.string_value();
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  if (text.size() < 3 || !text.starts_with("0x")) refuse("an address is not hexadecimal");
  const auto [stop, error] = std::from_chars(text.data() + 2, end, value, 16);
  if (error != std::errc() || stop != end) refuse("an address is not hexadecimal");
  return value;
}

template <typename Number>
Number number_of(JsonCursor& cursor) {
  const std::string_view raw = cursor.raw_value();
  Number value = 0;
  const auto [stop, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (error != std::errc() || stop != raw.data() + raw.size()) refuse("a number is out of range");
  return value;
}

template <typename Item, typename Decode>
std::vector<Item> list_of(JsonCursor& cursor, size_t limit, Decode decode) {
  std::vector<Item> items;
  cursor.enter_array();
  while (cursor.next_element()) {
    if (items.size() == limit) refuse("a list is too long");
    items.push_back(decode(cursor));
  }
  return items;
}

std::string text_of(JsonCursor& cursor) { return cursor.string_value(); }

Frame decode_frame(JsonCursor& cursor) {
  Frame frame;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "address") frame.address = address_of(cursor);
    else if (*key == "module") frame.module = text_of(cursor);
    else if (*key == "build_id") frame.build_id = text_of(cursor);
    else if (*key == "offset") frame.offset = address_of(cursor);
    else if (*key == "function") frame.function = text_of(cursor);
    else if (*key == "function_offset") frame.function_offset = address_of(cursor);
    else if (*key == "file") frame.file = text_of(cursor);
    else if (*key == "line") frame.line = number_of<uint32_t>(cursor);
    else if (*key == "inlined") frame.inlined = cursor.bool_value();
    else refuse("a frame has an unknown member");
  }
  return frame;
}

Register decode_register(JsonCursor& cursor) {
  Register each;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "name") each.name = text_of(cursor);
    else if (*key == "value") each.value = address_of(cursor);
    else refuse("a register has an unknown member");
  }
  return each;
}

Fault decode_fault(JsonCursor& cursor) {
  Fault fault;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "signal") fault.signal = number_of<int>(cursor);
    else if (*key == "code") fault.code = number_of<int>(cursor);
    else if (*key == "address") fault.address = address_of(cursor);
    else if (*key == "mapping") fault.mapping = text_of(cursor);
    else if (*key == "sender") fault.sender = number_of<pid_t>(cursor);
    else if (*key == "sent_by_itself") fault.sent_by_itself = cursor.bool_value();
    else if (*key == "thread_name") fault.thread_name = text_of(cursor);
    else if (*key == "other_thread") fault.main_thread = !cursor.bool_value();
    else if (*key == "frames") fault.frames = list_of<Frame>(cursor, kFramesMax, decode_frame);
    else if (*key == "frames_left_out") fault.frames_left_out = address_of(cursor);
    else if (*key == "registers")
      fault.registers = list_of<Register>(cursor, kRegistersMax, decode_register);
    else if (*key == "code_bytes") fault.code_bytes = text_of(cursor);
    else if (*key == "stack_overflow") fault.stack_overflow = cursor.bool_value();
    else if (*key == "stack_starved") fault.stack_starved = cursor.bool_value();
    else refuse("a fault has an unknown member");
  }
  return fault;
}

CrashOccasion decode_occasion(JsonCursor& cursor) {
  const std::string word = cursor.string_value();
  if (word == "hang") return CrashOccasion::kHang;
  if (word != "death") refuse("an unknown occasion");
  return CrashOccasion::kDeath;
}

CrashReport decode_report(std::string_view json) {
  CrashReport report;
  JsonCursor cursor(json);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "occasion") report.occasion = decode_occasion(cursor);
    else if (*key == "fault") report.fault = decode_fault(cursor);
    else if (*key == "first") report.first = decode_fault(cursor);
    else if (*key == "abort_message") report.abort_message = text_of(cursor);
    else if (*key == "maps") report.maps = list_of<std::string>(cursor, kMapsMax, text_of);
    else if (*key == "losses") report.losses = list_of<std::string>(cursor, kLossesMax, text_of);
    else refuse("an unknown member");
  }
  cursor.expect_end();
  return report;
}

}  // namespace

std::string write_crash_report(const CrashReport& report) {
  ObjectText out;
  out.text("occasion", report.occasion == CrashOccasion::kHang ? "hang" : "death");
  out.raw("fault", encode_fault(report.fault));
  if (report.first) out.raw("first", encode_fault(*report.first));
  out.text("abort_message", report.abort_message, kMessageBytesMax);
  out.list("maps", report.maps, kMapsMax, encode_text);
  out.list("losses", report.losses, kLossesMax, encode_text);
  return out.done();
}

CrashReport parse_crash_report(std::string_view json) {
  if (json.size() > kReportBytesMax) refuse("it is too long");
  CrashReport report = decode_report(json);
  // One text per report: what the encoder would have written otherwise was not written by it. This
  // also finds members that are missing, out of order or twice, and text that is not printable.
  if (write_crash_report(report) != json) refuse("not as recrank-shim writes it");
  return report;
}

}  // namespace recrank
