// Format: docs/formats/sst.md
#include "snapshot/agoric/sst_index.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/fd.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/agoric/transcript_item.h"

namespace recrank::agoric {
namespace {

constexpr std::string_view kNumberKey = "{\"transcriptNum\":";
// Step numbers are JavaScript numbers.
constexpr uint64_t kNumberMax = uint64_t{1} << 53;
constexpr size_t kNotesMax = 200;
constexpr size_t kGapsMax = 10'000;

bool contains(std::string_view text, std::string_view part) {
  return ::memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

// Any order of members, any spacing; also the judge of a last line without '\n'.
SstLine walk_line(std::string_view text) {
  SstLine line;
  try {
    JsonCursor cursor(text);
    bool has_number = false;
    bool has_delivery = false;
    cursor.enter_object();
    while (const auto key = cursor.next_key()) {
      const char kind = cursor.peek_kind();
      if (*key == "transcriptNum" && kind == '0') {
        line.number = cursor.uint_value();
        has_number = line.number < kNumberMax;
        continue;
      }
      const std::string_view raw = cursor.raw_value();
      if (*key == "type" && kind == '"') line.type = raw.substr(1, raw.size() - 2);
      if (*key == "d") has_delivery = true;
    }
    cursor.expect_end();
    if (has_number && has_delivery && line.type.empty()) line.kind = SstLine::Kind::kStep;
    else if (!line.type.empty()) line.kind = SstLine::Kind::kOther;
  } catch (const Error&) {
    line.kind = SstLine::Kind::kDamaged;
  }
  return line;
}

// Offset of the first byte that is not zero. Today's extractor empties the file at each "startVat"
// but goes on writing where it was, which leaves a hole for each earlier incarnation.
uint64_t skip_hole(const SstFile& file) {
  std::array<char, 65536> chunk;
  for (uint64_t at = 0; at < file.size;) {
    const size_t got = read_some_at(file.fd, chunk.data(), chunk.size(), at, file.name);
    if (got == 0) break;
    const std::string_view bytes(chunk.data(), got);
    const size_t first = bytes.find_first_not_of('\0');
    if (first != std::string_view::npos) return at + first;
    at += got;
  }
  throw Error(ErrorCode::kInvalidData, file.name + ": empty");
}

SstVat read_vat(const Line& line) {
  SstVat vat;
  vat.place = line.place;
  std::string type;
  bool numbered = false;
  JsonCursor cursor(line.text);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    const char kind = cursor.peek_kind();
    if (*key == "type") {
      type = cursor.string_value();
      vat.type_first = !numbered;
    } else if (*key == "vatID") {
      vat.id = cursor.string_value();
    } else if ((*key == "vatName" || *key == "name") && kind == '"') {
      vat.name = printable(cursor.string_value(), 200);
    } else if (*key == "dynamic" && kind != 'n') {
      vat.dynamic = cursor.bool_value();
    } else if (*key == "vatSourceBundleID" && kind == '"') {
      vat.bundle_id = cursor.string_value();
    } else {
      const std::string_view raw = cursor.raw_value();
      if (*key == "transcriptNum") numbered = true;
      if (*key == "vatParameters") vat.parameters = std::string(raw);
      if (*key == "vatSourceBundle") vat.has_bundle = kind == '{' || kind == '"';
    }
  }
  cursor.expect_end();
  if (type != "create-vat") throw Error(ErrorCode::kInvalidData, "not a create-vat record");
  if (vat.id.size() < 2 || vat.id.size() > 20 || vat.id[0] != 'v' ||
      vat.id.find_first_not_of("0123456789", 1) != std::string::npos) {
    throw Error(ErrorCode::kInvalidData, "the vatID is not of the form v<number>");
  }
  return vat;
}

class Indexer {
 public:
  explicit Indexer(const SstFile& file) : file_(file) {}

  SstIndex run() {
    LineReader reader({.fd = file_.fd, .name = file_.name, .end = file_.size});
    const uint64_t begin = skip_hole(file_);
    if (begin > 0) {
      reader.seek({begin, 1});
      index_.upgraded = true;
      note("the first " + format_count(begin) + " bytes are zero: an extractor left out the " +
           "earlier incarnations of the vat");
    }
    Line line;
    if (!reader.next(line)) throw Error(ErrorCode::kInvalidData, file_.name + ": empty");
    ++index_.lines;
    index_.vat = with_context([&] { return to_string(file_.name, line.place); },
                              [&] { return read_vat(line); });
    if (!index_.vat.bundle_id.empty()) index_.dialect = kXsnap2024;
    while (reader.next(line)) {
      ++index_.lines;
      take(line);
    }
    find_open_end();
    return std::move(index_);
  }

 private:
  void note(std::string text) {
    if (index_.notes.size() < kNotesMax) index_.notes.push_back(std::move(text));
  }

  // Only a swing-store's items say how each step ended. Bare responses are those of 2021 and 2022,
  // when the first line told a database from a log.
  void find_open_end() {
    const bool of_database =
        index_.shape == SstShape::kItems ||
        (index_.vat.type_first && index_.responses == ResponseForm::kBareValue);
    if (of_database || index_.held.empty()) return;
    index_.open_end = index_.held.back().end - 1;
    note(file_.name + ": of a log, or it may be: so it may end inside step " +
         std::to_string(*index_.open_end) +
         ", the one that its worker died in; an engine that does more there lives on");
  }

  void take(const Line& line) {
    if (line.ended && line.text.empty()) return;
    const SstLine what = read_sst_line(line);
    if (what.kind == SstLine::Kind::kOther) return take_other(what, line);
    if (what.kind == SstLine::Kind::kDamaged) {
      note(to_string(file_.name, line.place) + ": " +
           (line.ended ? "not a step of a transcript" : "torn: the file ends within the line"));
      // It stands where a step should: whoever asks for that step is told of the damage.
      hold(next_, line);
      return;
    }
    if (what.number < next_) {
      if (what.number + 1 != next_ || !presumed_) {
        throw Error(ErrorCode::kInvalidData, to_string(file_.name, line.place) +
                                                 ": transcriptNum " + std::to_string(what.number) +
                                                 " follows " + std::to_string(next_ - 1));
      }
      presumed_ = false;  // the damaged line before it was none of the steps
      return learn(line.text);
    }
    if (what.number > next_ && next_ > 1) {
      note(to_string(file_.name, line.place) + ": transcriptNum " + std::to_string(what.number) +
           " follows " + std::to_string(next_ - 1) + ": steps are missing");
    }
    hold(what.number, line);
    presumed_ = false;
    learn(line.text);
    take_saved(what.number, line);
  }

  void hold(uint64_t number, const Line& line) {
    auto& held = index_.held;
    if (held.empty() || held.back().end != number) {
      if (held.size() >= kGapsMax) {
        throw Error(ErrorCode::kInvalidData,
                    to_string(file_.name, line.place) + ": the step numbers have too many gaps");
      }
      held.push_back({number, number});
      since_mark_ = SstIndex::kMarkEvery;
    }
    held.back().end = number + 1;
    if (since_mark_ >= SstIndex::kMarkEvery) {
      index_.marks.push_back({number, line.place});
      since_mark_ = 0;
    }
    ++since_mark_;
    next_ = number + 1;
    presumed_ = true;
  }

  // The shape and the era show in the text of the steps.
  void learn(std::string_view text) {
    if (!shape_known_) {
      shape_known_ = true;
      if (contains(text, "\"sc\":[") && !contains(text, "\"syscalls\":[")) {
        index_.shape = SstShape::kItems;
        index_.dialect = kXsnap2024;
      }
    }
    if (index_.dialect == kXsnap2021 &&
        (contains(text, "\"methargs\":{") || contains(text, "\"d\":[\"startVat\""))) {
      index_.dialect = kXsnap2024;
    }
    if (responses_known_ || index_.shape == SstShape::kItems) return;
    constexpr std::string_view kResponse = "\"response\":";
    const size_t at = text.find(kResponse);
    if (at == std::string_view::npos) return;
    responses_known_ = true;
    const std::string_view value = text.substr(at + kResponse.size());
    if (value.starts_with("[\"ok\"") || value.starts_with("[\"error\"")) {
      index_.responses = ResponseForm::kWholeResult;
    }
  }

  void take_other(const SstLine& what, const Line& line) {
    if (what.type == "create-vat") {
      note(to_string(file_.name, line.place) +
           ": the vat is created again: the log behind this "
           "file goes over a restart, and the steps that were replayed then may stand here twice");
    } else if (what.type == "heap-snapshot-save") {
      const size_t at = line.text.find("\"snapshotID\":\"");
      if (at == std::string_view::npos) return;
      const std::string_view rest = line.text.substr(at + 14);
      index_.snapshots.push_back({next_, std::string(rest.substr(0, rest.find('"')))});
    } else {
      note(to_string(file_.name, line.place) + ": passed over: a record of type '" +
           printable(what.type, 40) + "'");
    }
  }

  // A swing-store's item that closes a span; "load-snapshot" is the step behind it.
  void take_saved(uint64_t number, const Line& line) {
    if (index_.shape != SstShape::kItems) return;
    if (!contains(line.text, "\"d\":[\"save-snapshot\"]")) return;
    Step step;
    try {
      parse_modern_item(line.text, step);
      index_.snapshots.push_back({number + 1, std::string(step.expected_snapshot)});
    } catch (const Error&) {
      return;  // told when the step is read
    }
  }

  const SstFile& file_;
  SstIndex index_;
  uint64_t next_ = 1;
  uint64_t since_mark_ = 0;
  bool presumed_ = false;  // the number next_ - 1 was given to a damaged line
  bool shape_known_ = false;
  bool responses_known_ = false;
};

}  // namespace

SstLine read_sst_line(const Line& line) {
  SstLine result;
  if (line.overlong) return result;
  const std::string_view text = line.text;
  const bool usual = line.ended && text.starts_with(kNumberKey) && text.back() == '}';
  if (!usual) return walk_line(text);
  const char* end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data() + kNumberKey.size(), end, result.number);
  const std::string_view rest(behind, static_cast<size_t>(end - behind));
  if (error != std::errc() || result.number >= kNumberMax || !rest.starts_with(",\"d\":[")) {
    return walk_line(text);
  }
  result.kind = SstLine::Kind::kStep;
  return result;
}

SstIndex index_sst(const SstFile& file) { return Indexer(file).run(); }

}  // namespace recrank::agoric
