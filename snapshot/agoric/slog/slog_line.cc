// Format: docs/formats/slog.md
#include "snapshot/agoric/slog/slog_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"

namespace recrank::agoric {
namespace {

// Numbers are JavaScript numbers: above this they are not whole any more.
constexpr uint64_t kNumberMax = uint64_t{1} << 53;

// How often the cutting of one line may begin anew; each time costs a look at the whole rest.
constexpr int kRestartsPerLineMax = 64;

constexpr std::array<std::pair<std::string_view, SlogType>, 11> kTypes{{
    {"syscall", SlogType::kSyscall},
    {"syscall-result", SlogType::kSyscallResult},
    {"clist", SlogType::kClist},
    {"deliver", SlogType::kDeliver},
    {"deliver-result", SlogType::kDeliverResult},
    {"crank-start", SlogType::kCrankStart},
    {"import-kernel-start", SlogType::kImportKernelStart},
    {"create-vat", SlogType::kCreateVat},
    {"start-replay", SlogType::kStartReplay},
    {"heap-snapshot-save", SlogType::kHeapSnapshotSave},
    {"terminate", SlogType::kTerminate},
}};

SlogType type_of(std::string_view name) {
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return SlogType::kOther;
}

bool is_vat_id(std::string_view text) {
  return text.size() >= 2 && text.size() <= 20 && text[0] == 'v' &&
         std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<uint64_t> number_in(std::string_view raw) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  const bool whole = error == std::errc() && end == raw.data() + raw.size();
  return whole && value < kNumberMax ? std::optional(value) : std::nullopt;
}

void set_text(SlogHead& head, std::string_view key, std::string_view text) {
  if (key == "type") {
    head.type_name = text;
    head.type = type_of(text);
  } else if (key == "vatID") {
    if (is_vat_id(text)) head.vat_id = text;
  } else if (key == "dispatch") {
    head.dispatch = text;
  } else if (key == "messageType") {
    head.message_type = text;
  } else if (key == "description") {
    head.description = text;
  } else if (key == "name") {
    head.name = text;
  } else if (key == "managerType") {
    head.manager = text;
  } else if (key == "snapshotID") {
    head.snapshot_id = text;
  }
}

void set_bare(SlogHead& head, std::string_view key, std::string_view raw) {
  if (key == "crankNum") {
    head.crank = number_in(raw);
  } else if (key == "deliveryNum") {
    head.delivery = number_in(raw);
  } else if (key == "syscallNum") {
    head.syscall = number_in(raw);
  } else if (key == "deliveries") {
    head.deliveries = number_in(raw);
  } else if (key == "endPosition") {
    head.end_position = number_in(raw);
  } else if (key == "uncompressedSize") {
    head.heap_bytes = number_in(raw);
  } else if (key == "blockHeight") {
    head.block = number_in(raw);
  } else if (key == "replay") {
    head.says_replay = true;
    head.replay = raw == "true";
  } else if (key == "dynamic") {
    head.dynamic = raw == "true";
  }
}

// Scans the simple members from the front by bytes. False: the text is not as the kernel writes it.
class HeadScanner {
 public:
  explicit HeadScanner(std::string_view text) : text_(text) {}

  bool run(SlogHead& head) {
    if (text_.size() < 2 || text_[0] != '{') return false;
    at_ = 1;
    for (;;) {
      std::string_view key;
      if (!quoted(key) || at_ >= text_.size() || text_[at_] != ':') return false;
      ++at_;
      if (at_ >= text_.size()) return false;
      if (text_[at_] == '{' || text_[at_] == '[') return true;  // what follows is not simple
      if (!member(head, key)) return false;
      if (text_[at_] == '}') return at_ + 1 == text_.size();
      ++at_;  // the comma
    }
  }

 private:
  bool quoted(std::string_view& content) {
    if (at_ >= text_.size() || text_[at_] != '"') return false;
    const size_t start = ++at_;
    for (;;) {
      at_ = text_.find('"', at_);
      if (at_ == std::string_view::npos) return false;
      size_t slashes = 0;
      while (at_ - slashes > start && text_[at_ - slashes - 1] == '\\') ++slashes;
      if (slashes % 2 == 0) break;
      ++at_;
    }
    content = text_.substr(start, at_++ - start);
    return true;
  }

  // Leaves at_ on the ',' or '}' behind the value.
  bool member(SlogHead& head, std::string_view key) {
    std::string_view value;
    if (text_[at_] == '"') {
      if (!quoted(value)) return false;
      set_text(head, key, value);
    } else {
      const size_t start = at_;
      at_ = text_.find_first_of(",}", at_);
      if (at_ == std::string_view::npos) return false;
      value = text_.substr(start, at_ - start);
      if (value.empty() || value.find_first_of(" \"{[\t") != std::string_view::npos) return false;
      set_bare(head, key, value);
    }
    return at_ < text_.size() && (text_[at_] == ',' || text_[at_] == '}');
  }

  std::string_view text_;
  size_t at_ = 0;
};

// All members, wherever they stand.
bool walk_members(std::string_view text, SlogHead& head) {
  try {
    JsonCursor cursor(text);
    cursor.enter_object();
    while (const auto key = cursor.next_key()) {
      const char kind = cursor.peek_kind();
      const std::string_view raw = cursor.raw_value();
      if (kind == '"') set_text(head, *key, raw.substr(1, raw.size() - 2));
      else if (kind != '{' && kind != '[') set_bare(head, *key, raw);
    }
    cursor.expect_end();
    return true;
  } catch (const Error&) {
    return false;
  }
}

// A create-vat of 2021 has its bundle in the middle and the manager behind it.
void find_manager_at_end(std::string_view record, SlogHead& head) {
  constexpr std::string_view kKey = "\"managerType\":\"";
  constexpr size_t kTailBytes = 200;
  const std::string_view tail = record.substr(record.size() - std::min(record.size(), kTailBytes));
  const size_t at = tail.rfind(kKey);
  if (at == std::string_view::npos) return;
  const std::string_view rest = tail.substr(at + kKey.size());
  head.manager = rest.substr(0, std::min(rest.find('"'), rest.size()));
}

// True when the members that the type needs are there.
bool sufficient(const SlogHead& head) {
  switch (head.type) {
    case SlogType::kDeliver:
    case SlogType::kDeliverResult:
    case SlogType::kSyscall:
    case SlogType::kSyscallResult:
      return !head.vat_id.empty() && head.delivery && (head.crank || head.replay);
    case SlogType::kCreateVat: return !head.vat_id.empty() && !head.manager.empty();
    case SlogType::kStartReplay: return !head.vat_id.empty() && head.deliveries;
    case SlogType::kHeapSnapshotSave: return !head.vat_id.empty() && head.end_position;
    case SlogType::kTerminate: return !head.vat_id.empty();
    case SlogType::kClist:
    case SlogType::kCrankStart: return head.crank.has_value();
    default: return !head.type_name.empty();
  }
}

// The next place behind `from` where a record may begin, or npos.
size_t next_candidate(std::string_view text, size_t from) {
  for (;;) {
    const void* hit =
        from >= text.size() ? nullptr : ::memmem(text.data() + from, text.size() - from, "{\"t", 3);
    if (hit == nullptr) return std::string_view::npos;
    const auto at = static_cast<size_t>(static_cast<const char*>(hit) - text.data());
    const std::string_view rest = text.substr(at + 3);
    if (rest.starts_with("ime\":") || rest.starts_with("ype\":\"")) return at;
    from = at + 3;
  }
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

// The length of the JSON object at the front of `text`, or 0. `inner` also demands the members that
// every record has, so that an object inside a torn record is not taken for a record.
size_t object_length(std::string_view text, bool inner) {
  try {
    JsonCursor cursor(text);
    if (cursor.peek_kind() != '{') return 0;
    bool has_time = false;
    bool has_type = false;
    cursor.enter_object();
    while (const auto key = cursor.next_key()) {
      has_time = has_time || *key == "time";
      has_type = has_type || (*key == "type" && cursor.peek_kind() == '"');
      cursor.skip_value();
    }
    return has_type && (has_time || !inner) ? cursor.position() : 0;
  } catch (const Error&) {
    return 0;
  }
}

void split_carefully(std::string_view text, std::vector<SlogPiece>& pieces) {
  size_t at = 0;
  for (int restarts = 0; at < text.size() && !is_blank(text.substr(at));) {
    const size_t length = object_length(text.substr(at), at > 0);
    if (length > 0) {
      pieces.push_back({.text = text.substr(at, length), .at = at});
      at += length;
      continue;
    }
    // Not a record from here on: it ends where the next one can be read.
    size_t next = at;
    do {
      next = ++restarts > kRestartsPerLineMax ? std::string_view::npos
                                              : next_candidate(text, next + 1);
    } while (next != std::string_view::npos && object_length(text.substr(next), true) == 0);
    next = std::min(next, text.size());
    pieces.push_back({.text = text.substr(at, next - at), .at = at, .damaged = true});
    at = next;
  }
}

}  // namespace

std::optional<SlogHead> read_slog_head(std::string_view record) {
  SlogHead head;
  const bool scanned = HeadScanner(record).run(head);
  if (scanned && head.type == SlogType::kCreateVat && head.manager.empty()) {
    find_manager_at_end(record, head);
  }
  if (scanned && sufficient(head)) return head;
  head = SlogHead();
  if (!walk_members(record, head) || head.type_name.empty()) return std::nullopt;
  return head;
}

void split_slog_line(const Line& line, std::vector<SlogPiece>& pieces) {
  pieces.clear();
  const std::string_view text = line.text;
  if (is_blank(text)) return;
  if (line.overlong) {
    pieces.push_back({.text = text, .at = 0, .damaged = true});
    return;
  }
  const bool looks_whole = line.ended && text.starts_with("{\"t") && text.back() == '}';
  if (looks_whole && next_candidate(text, 1) == std::string_view::npos) {
    pieces.push_back({.text = text, .at = 0});
  } else {
    split_carefully(text, pieces);
  }
}

}  // namespace recrank::agoric
