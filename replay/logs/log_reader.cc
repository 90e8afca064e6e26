#include "replay/logs/log_reader.h"

#include <algorithm>
#include <utility>

#include "base/escape_sequences.h"
#include "base/text.h"
#include "replay/logs/collected.h"

namespace recrank {
namespace {

constexpr int kDepthMax = 4;  // a collector's line within another's: an application's within both
constexpr size_t kPiecesMax = 64;
constexpr size_t kPieceBytesMax = 64 << 10;
constexpr size_t kHeadBytesMin = 18;  // "Jun 28 00:12:02 a:"

// The record separator of json-seq, and the field's name of json-sse.
std::string_view without_frame(std::string_view raw) {
  constexpr std::string_view kEvent = "data: ";
  if (raw.starts_with('\x1e')) raw.remove_prefix(1);
  if (raw.starts_with("data: {")) raw.remove_prefix(kEvent.size());
  return raw;
}

}  // namespace

void LogReader::take(std::string_view raw, bool cut_off, const Heard& heard) {
  const bool part = records_.take(raw);
  if (auto record = records_.finished()) take_collected(*record, cut_off, {}, 0, heard);
  if (part || take_continuation(raw, heard)) return;
  last_head_bytes_ = 0;
  take_text(without_frame(raw), cut_off, {}, 0, heard);
}

// One line, which may be a collector's, and a program's within it another collector's: `outer` is
// what is known already.
void LogReader::take_text(std::string_view text, bool cut_off, const LogLine& outer, int depth,
                          const Heard& heard) {
  if (depth < kDepthMax && !is_record_(text)) {
    auto collected = text.starts_with('{') && !cut_off ? read_json_line(text)
                     : text.ends_with("}]")            ? read_fluent_line(text)
                                                       : std::nullopt;
    if (collected) return take_collected(*collected, cut_off, outer, depth + 1, heard);
  } else {
    LogLine line = outer;
    line.text = text;
    line.cut_off = cut_off;
    return emit(line, heard);
  }
  std::string store;
  const std::string_view plain = without_escapes(text, store);
  LogLine line = split_log_line(plain);
  const bool taken_off = line.text.size() != plain.size();
  if (depth == 0 && !line.source.empty() && !line.time.empty()) {
    last_head_bytes_ = plain.size() - line.text.size();
    last_time_ = line.time;
    last_source_ = line.source;
  }
  if (!outer.time.empty()) line.time = outer.time;
  if (!outer.source.empty()) line.source = outer.source;
  if (line.unit.empty()) line.unit = outer.unit;
  if (line.stream.empty()) line.stream = outer.stream;
  line.cut_off = cut_off;
  std::string whole;
  if (!completes(line, whole)) return;
  // What it said may be a collector's line itself, or JSON.
  if (taken_off && line.text.starts_with('{'))
    return take_text(line.text, cut_off, line, depth + 1, heard);
  emit(line, heard);
}

void LogReader::take_collected(Collected& collected, bool cut_off, const LogLine& outer, int depth,
                               const Heard& heard) {
  if (collected.left_out()) ++left_out_;
  LogLine line = collected.line();
  if (!outer.time.empty()) line.time = outer.time;
  if (!outer.source.empty()) line.source = outer.source;
  if (!outer.unit.empty()) line.unit = outer.unit;
  if (!outer.stream.empty()) line.stream = outer.stream;
  std::string whole;
  if (!completes(line, whole)) return;
  // A message of several lines is as many lines.
  std::string_view rest = line.text;
  for (bool more = true; more;) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    more = end < rest.size();
    take_text(rest.substr(0, end), cut_off, line, depth, heard);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

// False: it is a piece, and kept. Else `line` is whole, its text in `whole` where it had pieces.
bool LogReader::completes(LogLine& line, std::string& whole) {
  if (!line.partial && pieces_.empty()) return true;
  const std::string key = printable(line.source, 120) + " " + printable(line.stream, 20);
  const auto begun = pieces_.find(key);
  if (line.partial) {
    line.partial = false;
    if (begun == pieces_.end() && pieces_.size() >= kPiecesMax) return true;
    std::string& text = pieces_[key];
    text += line.text.substr(0, kPieceBytesMax - std::min(text.size(), kPieceBytesMax));
    return false;
  }
  if (begun == pieces_.end()) return true;
  whole = std::move(begun->second) + std::string(line.text);
  pieces_.erase(begun);
  line.text = whole;
  return true;
}

// journalctl's short forms put the further lines of a message below its beginning.
bool LogReader::take_continuation(std::string_view raw, const Heard& heard) {
  if (last_head_bytes_ < kHeadBytesMin || raw.size() <= last_head_bytes_) return false;
  if (raw.substr(0, last_head_bytes_).find_first_not_of(' ') != std::string_view::npos)
    return false;
  std::string store;
  emit({last_time_, last_source_, without_escapes(raw.substr(last_head_bytes_), store)}, heard);
  return true;
}

void LogReader::emit(const LogLine& line, const Heard& heard) {
  if (is_blob_note(line.text)) ++left_out_;
  heard(line);
}

void LogReader::end_file(const Heard& heard) {
  if (auto record = records_.finished(true)) take_collected(*record, false, {}, 0, heard);
  for (const auto& [key, text] : std::exchange(pieces_, {})) {
    LogLine line{{}, std::string_view(key).substr(0, key.rfind(' ')), text};
    emit(line, heard);
  }
  last_head_bytes_ = 0;
}

}  // namespace recrank
