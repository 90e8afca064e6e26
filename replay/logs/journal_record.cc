#include "replay/logs/journal_record.h"

#include <algorithm>
#include <utility>

#include "base/little_endian.h"
#include "base/text.h"
#include "replay/logs/log_time.h"

namespace recrank {
namespace {

// A message may be as long as its program made it; what is read of one is far less.
constexpr size_t kValueBytesMax = size_t{1} << 20;
constexpr size_t kSizeBytes = 8;
constexpr std::string_view kIndent = "    ";

// "MESSAGE", "_PID": upper-case letters, digits and '_'.
size_t name_bytes(std::string_view text) {
  constexpr size_t kNameBytesMax = 64;
  size_t size = 0;
  while (size < text.size() && size <= kNameBytesMax &&
         ((text[size] >= 'A' && text[size] <= 'Z') || text[size] == '_' || is_digit(text[size]))) {
    ++size;
  }
  return size <= kNameBytesMax ? size : 0;
}

// "Sun 2026-06-28 00:12:02.001234 UTC [s=f97c…;i=1;…]".
bool is_verbose_head(std::string_view line) {
  if (!line.ends_with(']')) return false;
  const size_t time = time_bytes(line);
  return time > 0 && line.substr(time).starts_with(" [s=");
}

}  // namespace

bool JournalRecordReader::take(std::string_view line) {
  switch (form_) {
    case Form::kExport: return take_export(line);
    case Form::kVerbose: return take_verbose(line);
    case Form::kPretty: return take_pretty(line);
    case Form::kNone: break;
  }
  return begin(line);
}

bool JournalRecordReader::begin(std::string_view line) {
  if (line.starts_with("__CURSOR=")) {
    form_ = Form::kExport;
  } else if (line == "{") {
    form_ = Form::kPretty;
    pretty_ = line;
  } else if (is_verbose_head(line)) {
    form_ = Form::kVerbose;
    open_.take("time", std::string(line.substr(0, time_bytes(line))));
  } else {
    return false;
  }
  return true;
}

bool JournalRecordReader::take_export(std::string_view line) {
  if (in_bytes_) {
    take_bytes(line);
    return true;
  }
  if (line.empty()) {
    close();
    return true;
  }
  const size_t size = name_bytes(line);
  if (size > 0 && size == line.size()) {
    name_ = line;
    value_.clear();
    in_bytes_ = true;
    return true;
  }
  if (size == 0 || line[size] != '=') {  // no export any more
    close();
    return begin(line);
  }
  add_field(line.substr(0, size), line.substr(size + 1));
  return true;
}

// Lines were cut where a byte of the value, or of its size, is that of a line's end.
void JournalRecordReader::take_bytes(std::string_view line) {
  value_ += line;
  if (value_.size() >= kSizeBytes) {
    const uint64_t size = read_u64(value_, 0);
    if (size > kValueBytesMax) {  // damaged, or nothing that a line could tell
      in_bytes_ = false;
      return;
    }
    if (value_.size() - kSizeBytes >= size) {
      add_field(name_, std::string_view(value_).substr(kSizeBytes, size));
      in_bytes_ = false;
      return;
    }
  }
  value_ += '\n';
}

bool JournalRecordReader::take_verbose(std::string_view line) {
  if (!line.starts_with(kIndent)) {
    close();
    return begin(line);
  }
  line.remove_prefix(kIndent.size());
  const size_t size = name_bytes(line);
  if (size > 0 && size < line.size() && line[size] == '=') {
    flush_value();
    name_ = line.substr(0, size);
    value_ = line.substr(size + 1);
  } else if (value_.size() + line.size() < kValueBytesMax) {
    // A value's further lines stand below its beginning.
    const size_t indent = std::min(line.find_first_not_of(' '), name_.size() + 1);
    value_ += "\n" + std::string(line.substr(std::min(indent, line.size())));
  }
  return true;
}

bool JournalRecordReader::take_pretty(std::string_view line) {
  const bool inside = line.starts_with('\t');
  if (inside && pretty_.size() + line.size() < kValueBytesMax) pretty_ += line;
  if (inside) return true;
  if (line == "}") {
    if (auto collected = read_json_line(pretty_ + "}")) open_ = std::move(*collected);
    close();
    return true;
  }
  close();
  return begin(line);
}

void JournalRecordReader::add_field(std::string_view name, std::string_view value) {
  open_.take(name, std::string(value));
}

void JournalRecordReader::flush_value() {
  if (!name_.empty()) add_field(name_, value_);
  name_.clear();
  value_.clear();
}

void JournalRecordReader::close() {
  if (form_ == Form::kVerbose) flush_value();
  if (open_.has_text() || open_.left_out()) done_ = std::move(open_);
  open_ = {};
  form_ = Form::kNone;
  in_bytes_ = false;
  name_.clear();
  value_.clear();
  pretty_.clear();
}

std::optional<Collected> JournalRecordReader::finished(bool at_end) {
  if (at_end && form_ != Form::kNone) close();
  return std::exchange(done_, std::nullopt);
}

}  // namespace recrank
