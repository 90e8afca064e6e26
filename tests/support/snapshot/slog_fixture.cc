#include "tests/support/snapshot/slog_fixture.h"

#include <zlib.h>

#include <array>
#include <fstream>

#include "base/error.h"
#include "base/json_cursor.h"
#include "snapshot/agoric/slog/slog.h"

namespace recrank {
namespace {

// ["message","o+0",{"method":"hello"}] -> hello; anything else as it stands.
std::string name_of(std::string_view array) {
  JsonCursor cursor(array);
  cursor.enter_array();
  std::string last;
  while (cursor.next_element()) {
    if (cursor.peek_kind() == '"') {
      last = cursor.string_value();
    } else {
      cursor.skip_value();
    }
  }
  return last;
}

std::string spell(const Step& step) {
  switch (step.kind) {
    case StepKind::kInitializeWorker: return "init";
    case StepKind::kShutdownWorker: return "shutdown";
    case StepKind::kSaveSnapshot: return "save:" + std::string(step.expected_snapshot.substr(0, 4));
    case StepKind::kLoadSnapshot: return "load:" + std::string(step.expected_snapshot.substr(0, 4));
    case StepKind::kDelivery: break;
  }
  std::string text = name_of(step.delivery);
  if (!step.calls.empty()) text += "(";
  for (const ExpectedCall& call : step.calls) {
    if (text.back() != '(') text += ",";
    const std::string_view answer = call.answer;
    text += name_of(call.call) + "=" + std::string(answer.substr(6, answer.size() - 7));
  }
  if (!step.calls.empty()) text += ")";
  if (step.status == RecordedStatus::kFailed) text += "!" + step.failure_text;
  if (step.status == RecordedStatus::kError) text += "?" + step.failure_text;
  return text;
}

}  // namespace

std::string SlogText::head(const std::string& type, const std::string& more) const {
  const std::string members = more.empty() ? "" : "," + more;
  const std::string time = "\"time\":" + std::to_string(1700000000 + clock_) + ".25";
  if (dialect_ == kOf2024) {
    return "{\"type\":\"" + type + "\"" + members + "," + time + ",\"monotime\":1.5}";
  }
  return "{" + time + ",\"type\":\"" + type + "\"" + members + "}";
}

std::string SlogText::line(const std::string& type, const std::string& members) {
  ++clock_;
  return head(type, members) + "\n";
}

SlogText& SlogText::raw(const std::string& line) {
  text += line + "\n";
  return *this;
}

SlogText& SlogText::process() {
  counted_.clear();
  text += line("import-kernel-start", "") + line("import-kernel-finish", "");
  return *this;
}

SlogText& SlogText::create(const std::string& vat, const std::string& name, const std::string& more,
                           const std::string& manager) {
  const bool late = dialect_ == kOf2024;
  const std::string id = "b1-of-" + vat;
  const std::string manages = "\"managerType\":\"" +
                              (!manager.empty() ? manager
                               : late           ? "xsnap"
                                                : "xs-worker") +
                              "\"";
  const std::string bundle =
      "\"vatSourceBundle\":{\"moduleFormat\":\"nestedEvaluate\",\"source\":\"of " + vat +
      " \\n{\\\"type\\\":\\\"deliver\\\"}\"}";
  text += line("create-vat",
               "\"vatID\":\"" + vat + "\",\"dynamic\":" + (name.empty() ? "true" : "false") +
                   ",\"description\":\"" + name + " (from bundleID: " + id + ")\"" +
                   (name.empty() ? "" : ",\"name\":\"" + name + "\"") + "," +
                   (late ? manages + more + "," + bundle : bundle + "," + manages + more));
  if (late && manager.empty() && position_[vat] == 0) position_[vat] = 1;  // initialize-worker
  return *this;
}

SlogText& SlogText::replay(const std::string& vat, uint64_t count) {
  const std::string of = "\"vatID\":\"" + vat + "\"";
  text += line("start-replay", of + ",\"deliveries\":" + std::to_string(count));
  for (uint64_t i = 0; i < count; ++i) {
    const std::string number = ",\"deliveryNum\":" + std::to_string(i);
    if (dialect_ == kOf2024) {
      const std::string again = of + number + ",\"replay\":true,\"dispatch\":\"message\",";
      text += line("deliver", again + "\"vd\":[\"message\",\"again\"]");
      text += line("deliver-result", again + "\"dr\":[\"ok\",null,null]");
    } else {
      text += line("start-replay-delivery", of + ",\"delivery\":[\"message\",\"again\"]" + number);
      text += line("finish-replay-delivery", of + number);
    }
  }
  text += line("finish-replay", of);
  if (position_[vat] < count) position_[vat] = count;
  return *this;
}

std::string SlogText::where(const std::string& vat, uint64_t number) const {
  return "\"crankNum\":" + std::to_string(crank) + ",\"vatID\":\"" + vat +
         "\",\"deliveryNum\":" + std::to_string(number);
}

std::string SlogText::kernel_side(const std::string& brief, const std::string& vat_side) const {
  return long_kernel_side ? vat_side : brief;
}

SlogText& SlogText::begin(const std::string& vat, const std::string& vd) {
  vat_ = vat;
  calls_ = 0;
  number_ = dialect_ == kOf2021 ? counted_[vat]++ : position_[vat];
  const std::string late = dialect_ == kOf2024 ? ",\"replay\":false" : "";
  if (dialect_ == kOf2024) {
    text += line("crank-start", "\"crankType\":\"delivery\",\"crankNum\":" + std::to_string(crank) +
                                    ",\"messageType\":\"send\",\"message\":{\"type\":\"send\"}");
  }
  text +=
      line("clist", "\"crankNum\":" + std::to_string(crank) + ",\"mode\":\"import\",\"vatID\":\"" +
                        vat + "\",\"kobj\":\"ko20\",\"vobj\":\"o-50\"");
  text += line("deliver", where(vat, number_) + late +
                              ",\"kd\":" + kernel_side("[\"message\",\"ko20\",\"KERNEL\"]", vd) +
                              ",\"vd\":" + vd);
  return *this;
}

SlogText& SlogText::call(const std::string& vsc, const std::string& vsr) {
  const std::string late = dialect_ == kOf2024 ? ",\"replay\":false" : "";
  const std::string at = where(vat_, number_ + (dialect_ == kOf2021 ? 1 : 0)) +
                         ",\"syscallNum\":" + std::to_string(calls_++) + late;
  text += line("syscall", at + ",\"ksc\":" + kernel_side("[\"KERNEL\"]", vsc) + ",\"vsc\":" + vsc);
  text += line("syscall-result",
               at + ",\"ksr\":" + kernel_side("[\"ok\",\"KERNEL\"]", vsr) + ",\"vsr\":" + vsr);
  return *this;
}

SlogText& SlogText::end(const std::string& dr) {
  const std::string late = dialect_ == kOf2024 ? ",\"replay\":false" : "";
  text += line("deliver-result", where(vat_, number_) + late + ",\"dr\":" + dr);
  if (dr.starts_with("[\"ok\"")) ++position_[vat_];
  ++crank;
  return *this;
}

SlogText& SlogText::deliver(const std::string& vat, const std::string& what, const Calls& calls,
                            uint64_t computrons) {
  begin(vat, "[\"message\",\"" + what + "\"]");
  for (const auto& [name, data] : calls) call("[\"" + name + "\"]", "[\"ok\"," + data + "]");
  return end("[\"ok\",null,{\"meterType\":\"xs-meter-6\",\"compute\":" +
             std::to_string(computrons) + "}]");
}

SlogText& SlogText::fail(const std::string& vat, const std::string& what, const std::string& why,
                         const Calls& calls) {
  begin(vat, "[\"message\",\"" + what + "\"]");
  for (const auto& [name, data] : calls) call("[\"" + name + "\"]", "[\"ok\"," + data + "]");
  return end("[\"error\",\"" + why + "\",null]");
}

SlogText& SlogText::start_vat(const std::string& vat, bool ok) {
  begin(vat, "[\"startVat\",{\"body\":\"#{}\",\"slots\":[]}]");
  return end(ok ? "[\"ok\",null,{\"compute\":7}]" : "[\"error\",\"no start\",null]");
}

SlogText& SlogText::save(const std::string& vat, const std::string& hash) {
  std::string whole = hash;
  whole.resize(64, '0');
  text += line("heap-snapshot-save", "\"vatID\":\"" + vat + "\",\"snapshotID\":\"" + whole +
                                         "\",\"endPosition\":" + std::to_string(position_[vat]));
  position_[vat] += 2;
  return *this;
}

SlogText& SlogText::terminate(const std::string& vat, const std::string& info) {
  text += line("terminate", "\"vatID\":\"" + vat + "\",\"shouldReject\":false,\"info\":" + info);
  return *this;
}

SlogText& SlogText::block(uint64_t height) {
  text += line("cosmic-swingset-begin-block",
               "\"blockHeight\":" + std::to_string(height) + ",\"blockTime\":1700000000");
  return *this;
}

SlogText& SlogText::roll_back(uint64_t to, const std::map<std::string, uint64_t>& positions) {
  crank = to;
  for (const auto& [vat, position] : positions) position_[vat] = position;
  return *this;
}

TextFile::TextFile(std::string_view text, const std::string& name) : name_(name) { rewrite(text); }

void TextFile::rewrite(std::string_view text) const {
  std::ofstream(path(), std::ios::binary) << text;
}

OpenedSlog::OpenedSlog(std::string_view text)
    : file_(text), recording_(agoric::open_slog(file_.path(), "chain.slog")) {}

std::vector<std::string> steps_of(const Recording& recording, const std::string& vat,
                                  StepRange range) {
  std::vector<std::string> steps;
  Step step;
  while (!range.empty()) {
    try {
      const auto stream = recording.steps(vat, range);
      for (; stream->next(step); ++range.begin) {
        steps.push_back(std::to_string(step.number) + " " + spell(step));
        if (step.number != range.begin)
          steps.back() += " INSTEAD OF " + std::to_string(range.begin);
      }
      if (!range.empty()) steps.push_back("ENDS EARLY");
      return steps;
    } catch (const Error& error) {
      steps.push_back(std::to_string(range.begin++) + " <" + error.what() + ">");
    }
  }
  return steps;
}

std::string story(const Recording& recording, const std::string& vat, StepRange range) {
  std::string text;
  for (const std::string& step : steps_of(recording, vat, range)) {
    text += (text.empty() ? "" : " ") + step;
    if (step.find(" <") != std::string::npos) break;
  }
  return text;
}

std::string story(const Recording& recording, const std::string& vat) {
  std::string text;
  for (const StepRange& range : find_subject(recording, vat).held) {
    text += (text.empty() ? "" : " | ") + story(recording, vat, range);
  }
  return text;
}

std::string notes_of(const Recording& recording) {
  std::string all;
  for (const std::string& note : recording.info().notes) all += note + "\n";
  return all;
}

std::string read_gz(const std::filesystem::path& path) {
  std::string content;
  gzFile file = ::gzopen(path.c_str(), "rb");
  if (file == nullptr) return content;
  std::array<char, 65536> chunk{};
  for (int got = 0; (got = ::gzread(file, chunk.data(), chunk.size())) > 0;) {
    content.append(chunk.data(), static_cast<size_t>(got));
  }
  ::gzclose(file);
  return content;
}

}  // namespace recrank
