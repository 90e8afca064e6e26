#include "harness/report/telemetry_report.h"

#include <cmath>
#include <optional>

#include "base/json.h"
#include "base/text.h"

namespace recrank {
namespace {

double to_one_digit(double value) { return std::round(value * 10) / 10; }

// "+1.2 kB" would hide a slow leak: bytes as they are, up to MiB.
std::string per_step(double bytes) {
  const std::string sign = bytes < 0 ? "-" : "+";
  return sign + format_bytes(static_cast<uint64_t>(std::llround(std::fabs(bytes)))) + " per step";
}

Json series(uint64_t first, uint64_t last, std::optional<double> slope) {
  Json out{{"first", first}, {"last", last}};
  if (slope) out["per_step"] = to_one_digit(*slope);
  return out;
}

void add_series(Json& out, const char* name, std::optional<uint64_t> first,
                std::optional<uint64_t> last, std::optional<double> slope) {
  if (first && last) out[name] = series(*first, *last, slope);
}

std::string count_line(const char* name, std::optional<uint64_t> first,
                       std::optional<uint64_t> last, bool bytes) {
  if (!first || !last) return "";
  const auto shown = [&](uint64_t value) {
    return bytes ? format_bytes(value) : format_count(value);
  };
  return std::string(", ") + name + " " + shown(*first) + " -> " + shown(*last);
}

}  // namespace

bool tells_of_memory(const Verdict& verdict) {
  return verdict.kind == VerdictKind::kCrashed ||
         (verdict.limit && verdict.limit->kind == LimitKind::kMemory);
}

Json telemetry_json(const GrowthSummary& growth, const Verdict& verdict, const Limits& limits) {
  Json out{{"samples", growth.samples}, {"processes", growth.processes}};
  if (growth.samples > 0) {
    const bool sloped = growth.slope_steps > 0;
    const auto slope = [&](double value) { return sloped ? std::optional(value) : std::nullopt; };
    out["from"] = growth.first.step;
    out["to"] = growth.last.step;
    out["slope_steps"] = growth.slope_steps;
    out["rss_bytes"] =
        series(growth.first.rss_bytes, growth.last.rss_bytes, slope(growth.rss_per_step));
    out["address_space_bytes"] =
        series(growth.first.address_space_bytes, growth.last.address_space_bytes,
               slope(growth.address_space_per_step));
    add_series(out, "allocate", growth.first.allocate, growth.last.allocate,
               growth.allocate_per_step);
    add_series(out, "currentHeapCount", growth.first.heap_count, growth.last.heap_count,
               growth.heap_count_per_step);
    add_series(out, "garbageCollectionCount", growth.first.collections, growth.last.collections,
               {});
  }
  out["peak_rss_bytes"] = growth.peak_rss_bytes;
  out["memory_limit_bytes"] = limits.memory_bytes;
  if (growth.last_step) out["ended_in_step"] = *growth.last_step;
  out["was_it_memory"] = memory_answer(growth, verdict, limits);
  return out;
}

std::string telemetry_text(const GrowthSummary& growth, const Verdict& verdict,
                           const Limits& limits) {
  std::string answer = memory_answer(growth, verdict, limits);
  const size_t part = answer.find("; ");  // too long for one line
  if (part != std::string::npos) answer.replace(part, 2, ";\n    ");
  std::string text = "  was it memory?  " + answer + "\n";
  if (growth.samples > 0) {
    const GrowthSample& first = growth.first;
    const GrowthSample& last = growth.last;
    text += "    steps " + std::to_string(first.step) + ".." + std::to_string(last.step) +
            " of process " + std::to_string(growth.processes) + ": resident " +
            format_bytes(first.rss_bytes) + " -> " + format_bytes(last.rss_bytes) +
            ", address space " + format_bytes(first.address_space_bytes) + " -> " +
            format_bytes(last.address_space_bytes);
    text += count_line("allocate", first.allocate, last.allocate, true) +
            count_line("heap count", first.heap_count, last.heap_count, false) +
            count_line("collections", first.collections, last.collections, false) + "\n";
  }
  if (growth.slope_steps > 0) {
    text += "    over the last " + counted(growth.slope_steps, "step") + ": resident " +
            per_step(growth.rss_per_step) + ", address space " +
            per_step(growth.address_space_per_step);
    if (growth.allocate_per_step) text += ", allocate " + per_step(*growth.allocate_per_step);
    text += "\n";
  }
  text += "    peak resident " + format_bytes(growth.peak_rss_bytes);
  if (growth.last_step) text += ", step " + std::to_string(*growth.last_step) + " included";
  return text + "; limit of the address space " + format_bytes(limits.memory_bytes) + "\n";
}

}  // namespace recrank
