#include "harness/source/source_report.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "harness/source/source_view.h"

namespace recrank {
namespace {

constexpr size_t kFramesInText = 12;
constexpr size_t kFramesInJson = 200;
constexpr size_t kLineBytesInText = 160;
constexpr size_t kLineBytesInJson = 2000;
constexpr size_t kValueBytesInText = 60;
constexpr size_t kVariablesInText = 6;

std::string position_of(const SourceFrame& frame) {
  if (frame.path.empty()) return "(the engine)";
  return frame.path + ":" + std::to_string(frame.line);
}

std::string name_of(const SourceFrame& frame) {
  return frame.function.empty() ? "(anonymous)" : frame.function;
}

Json frame_json(const SourceFrame& frame) {
  Json out{{"function", printable(frame.function)}, {"of_subject", frame.of_subject}};
  if (!frame.path.empty()) {
    out["path"] = printable(frame.path);
    out["line"] = frame.line;
  }
  for (const SourceVariable& each : frame.variables) {
    out["variables"].push_back({{"name", printable(each.name)}, {"value", printable(each.value)}});
  }
  return out;
}

std::string excerpt_text(const SourceExcerpt& excerpt, uint64_t line) {
  std::string text;
  const std::string last = std::to_string(excerpt.first_line + excerpt.lines.size());
  for (size_t i = 0; i < excerpt.lines.size(); ++i) {
    std::string number = std::to_string(excerpt.first_line + i);
    number.insert(0, last.size() - number.size(), ' ');
    const bool here = excerpt.first_line + i == line;
    text += std::string(here ? "    > " : "      ") + number + "  " +
            printable(excerpt.lines[i], kLineBytesInText) + "\n";
  }
  return text;
}

std::string variables_text(const SourceFrame& frame) {
  std::string text;
  size_t shown = 0;
  for (const SourceVariable& each : frame.variables) {
    // What says nothing, and who is meant is plain.
    if (each.value == "undefined" || each.value == "{…}") continue;
    if (shown++ == kVariablesInText) return text + ", …";
    text += (text.empty() ? "" : ", ") + printable(each.name, kValueBytesInText) + " = " +
            printable(each.value, kValueBytesInText);
  }
  return text;
}

// Outwards, of a call from the frame to be read first: what is inside of it is how calls are made.
// One function that calls itself is told once, with its count.
std::string frames_text(const SourcePlace& place) {
  const std::vector<SourceFrame>& frames = place.look.frames;
  std::string text;
  size_t shown = 0;
  const bool of_call = place.look.kind == LookKind::kCall;
  for (size_t i = of_call ? place.frame.value_or(0) : 0; i < frames.size(); ++i) {
    if (frames[i].path.empty()) continue;
    size_t same = i + 1;
    while (same < frames.size() && frames[same].path == frames[i].path &&
           frames[same].line == frames[i].line) {
      ++same;
    }
    if (shown++ == kFramesInText) {
      text += "      … " + format_count(frames.size() - i) + " more\n";
      break;
    }
    text += "      " + printable(name_of(frames[i])) + "  " + printable(position_of(frames[i]));
    if (same - i > 1) text += "  × " + std::to_string(same - i);
    if (const std::string variables = variables_text(frames[i]); !variables.empty()) {
      text += "  (" + variables + ")";
    }
    text += "\n";
    i = same - 1;
  }
  return text;
}

}  // namespace

Json place_json(const SourcePlace& place) {
  Json out{{"kind", to_string(place.look.kind)}, {"call", place.look.call}};
  if (place.look.kind != LookKind::kCall && !place.look.words.empty()) {
    out["words"] = printable(place.look.words);
  }
  if (place.frame) {
    const SourceFrame& frame = place.look.frames[*place.frame];
    out["path"] = printable(frame.path);
    out["line"] = frame.line;
    out["function"] = printable(frame.function);
  }
  if (place.excerpt) {
    Json lines = Json::array();
    for (const std::string& line : place.excerpt->lines) {
      lines.push_back(printable(line, kLineBytesInJson));
    }
    out["source"] = {{"first_line", place.excerpt->first_line}, {"lines", std::move(lines)}};
    if (!place.excerpt->file.empty()) out["source"]["file"] = printable(place.excerpt->file);
  }
  out["frames"] = Json::array();
  const size_t frames = std::min(place.look.frames.size(), kFramesInJson);
  for (size_t i = 0; i < frames; ++i) out["frames"].push_back(frame_json(place.look.frames[i]));
  if (frames < place.look.frames.size()) out["frames_in_all"] = place.look.frames.size();
  return out;
}

std::string place_text(const std::string& what, const SourcePlace& place) {
  std::string text = "    " + printable(what) + "\n";
  if (place.frame && place.excerpt) {
    const SourceFrame& frame = place.look.frames[*place.frame];
    const std::string& file = place.excerpt->file;
    text += "      " +
            (file.empty() ? printable(position_of(frame))
                          : printable(file) + ":" + std::to_string(frame.line)) +
            "\n" + excerpt_text(*place.excerpt, frame.line);
  }
  return text + frames_text(place);
}

ReportPart source_part(const SourceView& view) {
  Json json{{"looks", view.looks}, {"wall_s", view.wall_s}};
  std::string text = "  in the source\n";
  if (view.place) {
    json["what"] = printable(view.what);
    json["at"] = place_json(*view.place);
    text += place_text(view.what, *view.place);
  }
  if (!view.recorded_what.empty()) {
    json["recorded_what"] = printable(view.recorded_what);
    if (view.recorded_place) {
      json["recorded_at"] = place_json(*view.recorded_place);
      text += place_text(view.recorded_what, *view.recorded_place);
    } else {
      text += "    " + printable(view.recorded_what) + "\n";
    }
  }
  for (const std::string& line : view.led_by) {
    json["led_by"].push_back(printable(line));
    text += "    " + printable(line) + "\n";
  }
  if (!view.loss.empty()) {
    json["loss"] = printable(view.loss);
    text += "    not seen: " + printable(view.loss) + "\n";
  }
  return {"js", json_text(json), std::move(text)};
}

}  // namespace recrank
