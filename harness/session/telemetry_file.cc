// Columns: docs/telemetry.md
#include "harness/session/telemetry_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "replay/meter_figures.h"

namespace recrank {
namespace {

constexpr size_t kBlockBytes = 64 << 10;
constexpr const char* kSpoolName = "the spool of --telemetry";

const char* word_of(StepKind kind) {
  switch (kind) {
    case StepKind::kDelivery: return "delivery";
    case StepKind::kInitializeWorker: return "initialize-worker";
    case StepKind::kSaveSnapshot: return "save-snapshot";
    case StepKind::kLoadSnapshot: return "load-snapshot";
    case StepKind::kShutdownWorker: return "shutdown-worker";
  }
  return "";
}

std::string milliseconds(double value) { return formatted(value, "%.3f"); }

// Writes members in one order for both formats; an absent one is an empty cell, or left out.
class Row {
 public:
  explicit Row(TelemetryFormat format) : csv_(format == TelemetryFormat::kCsv) {}

  // `value` is plain: a number, or a word without commas and quotes.
  void word(std::string_view name, std::string_view value) {
    const bool quoted = !csv_ && !value.empty();
    put(name, quoted ? "\"" + std::string(value) + "\"" : std::string(value));
  }
  void text(std::string_view name, std::string_view value) {
    if (!csv_) return put(name, json_quote(printable(value)));
    std::string cell = printable(value);
    if (cell.find_first_of(",\"") != std::string::npos) {
      for (size_t at = 0; (at = cell.find('"', at)) != std::string::npos; at += 2)
        cell.insert(at, 1, '"');
      cell = "\"" + cell + "\"";
    }
    put(name, cell);
  }
  void number(std::string_view name, std::optional<uint64_t> value) {
    put(name, value ? std::to_string(*value) : "");
  }
  void raw(std::string_view name, const std::string& value) { put(name, value); }
  [[nodiscard]] std::string finish() { return csv_ ? text_ : "{" + text_ + "}"; }

 private:
  void put(std::string_view name, const std::string& value) {
    if (csv_) {
      if (!first_) text_ += ',';
      text_ += value;
    } else if (!value.empty()) {
      if (!text_.empty()) text_ += ',';
      text_ += "\"" + std::string(name) + "\":" + value;
    }
    first_ = false;
  }

  bool csv_;
  bool first_ = true;
  std::string text_;
};

void put_cost(Row& row, const std::optional<StepCost>& cost) {
  const auto bytes = [](uint64_t value) {
    return value == 0 ? std::nullopt : std::optional<uint64_t>(value);
  };
  row.raw("wall_ms", cost ? milliseconds(cost->wall_ms) : "");
  row.raw("engine_cpu_ms", cost ? milliseconds(cost->engine_cpu_ms) : "");
  row.number("rss_bytes", cost ? bytes(cost->rss_bytes) : std::nullopt);
  row.number("peak_rss_bytes", cost ? bytes(cost->peak_rss_bytes) : std::nullopt);
  row.number("address_space_bytes", cost ? bytes(cost->address_space_bytes) : std::nullopt);
}

void put_meter(Row& row, const char* prefix, const MeterFigures& figures) {
  for (const MeterField& field : kMeterFields) {
    row.number(prefix + std::string(field.name), figures.*(field.value));
  }
}

constexpr const char* kHead =
    "vat,run,step,kind,process,last,computrons,recorded_computrons,wall_ms,engine_cpu_ms,rss_bytes,"
    "peak_rss_bytes,address_space_bytes,syscalls,recorded_syscalls";

}  // namespace

std::string telemetry_head() {
  std::string head = kHead;
  for (const char* prefix : {"", "recorded_"}) {
    for (const MeterField& field : kMeterFields) head += "," + (prefix + std::string(field.name));
  }
  return head;
}

std::string telemetry_row(const StepTelemetry& step, bool last, TelemetryFormat format) {
  Row row(format);
  row.text("vat", step.subject_id);
  row.number("run", step.run);
  row.number("step", step.step);
  row.word("kind", word_of(step.kind));
  row.number("process", step.process == 0 ? std::nullopt : std::optional<uint64_t>(step.process));
  row.raw("last", last ? "true" : "");
  row.number("computrons", step.computrons);
  row.number("recorded_computrons", step.recorded_computrons);
  put_cost(row, step.cost);
  row.number("syscalls", step.delivery ? std::optional<uint64_t>(step.calls) : std::nullopt);
  row.number("recorded_syscalls",
             step.delivery ? std::optional<uint64_t>(step.recorded_calls) : std::nullopt);
  put_meter(row, "", step.meter);
  put_meter(row, "recorded_", step.recorded_meter);
  return row.finish();
}

TelemetryFile::TelemetryFile(const Outputs& outputs, const std::filesystem::path& path)
    : format_(path.extension() == ".csv" ? TelemetryFormat::kCsv : TelemetryFormat::kJsonLines),
      file_(outputs, path.string()),
      spool_(open_nameless(scratch_.path())) {}

TelemetryFile::Stretch& TelemetryFile::stretch_for(const StepTelemetry& step) {
  Stretch*& current = current_[std::this_thread::get_id()];
  const bool goes_on = current != nullptr && current->subject_id == step.subject_id &&
                       current->run == step.run && current->last_step < step.step;
  if (!goes_on) {
    if (current != nullptr) spool(*current);
    current = &stretches_.emplace_back();
    current->subject_id = step.subject_id;
    current->run = step.run;
    current->first_step = step.step;
  }
  current->last_step = step.step;
  return *current;
}

void TelemetryFile::add(const StepTelemetry& step, bool last) {
  const std::string row = telemetry_row(step, last, format_) + "\n";
  const std::lock_guard<std::mutex> lock(mutex_);
  Stretch& stretch = stretch_for(step);
  stretch.pending += row;
  ++rows_;
  if (stretch.pending.size() >= kBlockBytes) spool(stretch);
}

void TelemetryFile::spool(Stretch& stretch) {
  if (stretch.pending.empty()) return;
  write_all(spool_.get(), stretch.pending, kSpoolName);
  stretch.blocks.push_back({spooled_, stretch.pending.size()});
  spooled_ += stretch.pending.size();
  stretch.pending = {};
}

void TelemetryFile::copy_block(const Block& block) {
  std::string bytes(block.size, '\0');
  for (size_t done = 0; done < block.size;) {
    const ssize_t got = ::pread(spool_.get(), bytes.data() + done, block.size - done,
                                static_cast<off_t>(block.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw_errno(std::string("cannot read ") + kSpoolName, got < 0 ? errno : EIO);
    done += static_cast<size_t>(got);
  }
  file_.write(bytes);
}

void TelemetryFile::commit(const std::vector<std::string>& subject_ids) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto place = [&](const Stretch& s) {
    return std::find(subject_ids.begin(), subject_ids.end(), s.subject_id) - subject_ids.begin();
  };
  std::vector<Stretch*> ordered;
  for (Stretch& stretch : stretches_) {
    spool(stretch);
    ordered.push_back(&stretch);
  }
  std::stable_sort(ordered.begin(), ordered.end(), [&](const Stretch* a, const Stretch* b) {
    if (a->subject_id != b->subject_id) return place(*a) < place(*b);
    return a->run != b->run ? a->run < b->run : a->first_step < b->first_step;
  });
  if (format_ == TelemetryFormat::kCsv) file_.write(telemetry_head() + "\n");
  for (const Stretch* stretch : ordered) {
    for (const Block& block : stretch->blocks) copy_block(block);
  }
  file_.commit();
}

}  // namespace recrank
