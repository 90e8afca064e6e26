#include "replay/verdict.h"

#include "base/named.h"

namespace recrank {

std::string_view to_string(VerdictKind kind) {
  switch (kind) {
    case VerdictKind::kClean: return "clean";
    case VerdictKind::kDiverged: return "diverged";
    case VerdictKind::kCrashed: return "crashed";
    case VerdictKind::kLimit: return "limit";
    case VerdictKind::kUnjudged: return "unjudged";
    case VerdictKind::kInterrupted: return "interrupted";
  }
  return "unknown";
}

std::string_view to_string(Field field) {
  switch (field) {
    case Field::kSyscallWrong: return "syscall wrong";
    case Field::kSyscallExtra: return "syscall extra";
    case Field::kSyscallMissing: return "syscall missing";
    case Field::kResult: return "result";
    case Field::kComputrons: return "computrons";
    case Field::kSnapshotHash: return "snapshot-hash";
    case Field::kEnd: return "end";
    case Field::kFact: return "fact";
  }
  return "unknown";
}

std::string_view field_name(const Divergence& divergence) {
  return divergence.field == Field::kFact ? divergence.fact : to_string(divergence.field);
}

std::string_view to_string(LimitKind kind) {
  switch (kind) {
    case LimitKind::kComputrons: return "computrons";
    case LimitKind::kStack: return "stack";
    case LimitKind::kMemory: return "memory";
    case LimitKind::kKeys: return "keys";
    case LimitKind::kStepWall: return "step-wall";
    case LimitKind::kWall: return "wall";
    case LimitKind::kCpu: return "cpu";
    case LimitKind::kThreads: return "threads";
    case LimitKind::kFlood: return "flood";
  }
  return "unknown";
}

ComparedCounts& ComparedCounts::operator+=(const ComparedCounts& other) {
  steps += other.steps;
  syscalls += other.syscalls;
  results += other.results;
  computrons += other.computrons;
  snapshots += other.snapshots;
  ends += other.ends;
  facts += other.facts;
  return *this;
}

bool is_engine_limit(LimitKind kind) {
  return kind == LimitKind::kComputrons || kind == LimitKind::kStack ||
         kind == LimitKind::kMemory || kind == LimitKind::kKeys;
}

std::string EngineIdentity::part_sha256(std::string_view part) const {
  const std::string* own = find_named(parts, part);
  return own == nullptr ? std::string() : *own;
}

}  // namespace recrank
