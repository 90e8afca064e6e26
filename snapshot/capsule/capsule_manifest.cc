// Format: docs/formats/capsule.md ("Manifest")
#include "snapshot/capsule/capsule_manifest.h"

#include <algorithm>

#include "base/error.h"
#include "base/json_codec.h"
#include "base/text.h"
#include "snapshot/capsule/capsule_format.h"

namespace recrank {
namespace {

constexpr const char* kVatKind = "vat";
constexpr JsonNumber<uint64_t> kStepNumber{.most = kCapsuleStepNumberMax};
constexpr std::pair<SubjectState, std::string_view> kStates[] = {
    {SubjectState::kAlive, "alive"}, {SubjectState::kTerminated, "terminated"}};

// The range, the blocks and their hash.
template <typename Members>
void steps_members(Members& of, CapsuleManifest& manifest) {
  StepRange range = Members::kReads ? StepRange{} : manifest.range();
  uint64_t last = range.end - 1;
  of.required("from", range.begin, kStepNumber);
  of.required("to", last, kStepNumber);
  of.required("blocks", manifest.blocks);
  of.required("sha256", manifest.steps_sha256, JsonSha256());
  of.pass_over_others();
  if constexpr (Members::kReads) {
    if (last < range.begin || manifest.blocks == 0 || manifest.blocks > last - range.begin + 1) {
      of.fail("steps " + std::to_string(range.begin) + ".." + std::to_string(last) + " in " +
              std::to_string(manifest.blocks) + " blocks");
    }
    manifest.subject.held = {{range.begin, last + 1}};
  }
}

// Both lists begin with the range and ascend inside it.
template <typename List, typename StepOf>
void check_places(const List& list, const char* name, StepRange range, StepOf step_of) {
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorCode::kInvalidData, std::string("manifest: ") + name + what);
  };
  if (list.empty() || step_of(list.front()) != range.begin) {
    fail(" do not begin with step " + std::to_string(range.begin));
  }
  for (size_t i = 1; i < list.size(); ++i) {
    if (step_of(list[i]) < step_of(list[i - 1]) || !range.contains(step_of(list[i]))) {
      fail(": step " + std::to_string(step_of(list[i])) + " is out of order or range");
    }
  }
}

void check(const CapsuleManifest& manifest) {
  if (!manifest.setups.empty()) {
    check_places(manifest.setups, "setups", manifest.range(),
                 [](const CapsuleSetup& each) { return each.from_step; });
  }
  check_places(manifest.checkpoints, "checkpoints", manifest.range(),
               [](const CapsuleCheckpoint& each) { return each.checkpoint.next_step; });
}

}  // namespace

template <typename Members>
void json_members(Members& of, Subject& subject) {
  if (Members::kReads || subject.kind != kVatKind) of.optional("kind", subject.kind);
  of.required("id", subject.id);
  of.required("name", subject.name);
  of.required("manager", subject.manager);
  of.required("state", subject.state, JsonWords{kStates});
  of.optional("incarnations", subject.incarnations);
  of.optional("number_offset", subject.number_offset, kStepNumber);
  of.pass_over_others();
  if constexpr (Members::kReads) {
    if (subject.id.empty()) of.fail("it has no id");
  }
}

template <typename Members>
void json_members(Members& of, CapsuleSetup& setup) {
  VatSetup& plain = setup.plain;
  of.required("from", setup.from_step, kStepNumber);
  of.required("worker_name", plain.worker_name);
  of.sparse("lockdown_bundle", setup.lockdown_bundle, JsonSha256());
  of.sparse("supervisor_bundle", setup.supervisor_bundle, JsonSha256());
  of.sparse("vat_bundle", setup.vat_bundle, JsonSha256());
  of.sparse("missing_vat_bundle", plain.missing_vat_bundle);
  of.sparse("vat_parameters", setup.vat_parameters, JsonSha256());
  of.sparse("cache_size", setup.cache_size, JsonSha256());
  of.sparse("enable_disavow", plain.enable_disavow);
  of.sparse("relax_durability_rules", plain.relax_durability_rules);
  of.sparse("meter_limit", plain.meter_limit);
  of.pass_over_others();
}

template <typename Members>
void json_members(Members& of, CapsuleCheckpoint& each) {
  Checkpoint& checkpoint = each.checkpoint;
  of.required("kind", checkpoint.kind, JsonWords{kCapsuleCheckpointKinds});
  of.required("next_step", checkpoint.next_step, kStepNumber);
  of.optional("incarnation", checkpoint.incarnation);
  if (Members::kReads || has_bytes(checkpoint.kind)) {
    of.optional("sha256", checkpoint.sha256, JsonSha256());
    of.optional("bytes", checkpoint.size_bytes, JsonNumber<uint64_t>{.most = kCapsuleHeapBytesMax});
    of.optional("value", each.value, JsonSha256());
  }
  of.pass_over_others();
  if constexpr (Members::kReads) {
    const bool bytes = has_bytes(checkpoint.kind);
    if (bytes == checkpoint.sha256.empty() || bytes == each.value.empty()) {
      of.fail(checkpoint.label() +
              (bytes ? " has no bytes" : " has bytes, which its kind has not"));
    }
  }
}

template <typename Members>
void json_members(Members& of, CapsuleEngine& engine) {
  of.required("name", engine.name);
  of.required("sha256", engine.sha256);
  of.optional("version", engine.version);
  of.optional("dialect", engine.dialect);
  of.optional("how_to_get", engine.how_to_get);
  of.pass_over_others();
}

template <typename Members>
void json_members(Members& of, CapsuleVerdict& verdict) {
  of.required("kind", verdict.kind);
  of.sparse("step", verdict.step, kStepNumber);
  of.optional("signature", verdict.signature);
  of.optional("headline", verdict.headline);
  of.pass_over_others();
}

template <typename Members>
void json_members(Members& of, CapsuleManifest& manifest) {
  std::string schema(Members::kReads ? "" : capsule_schema_of(manifest));
  of.required("schema", schema);
  if constexpr (Members::kReads) {
    if (schema != kCapsuleSchema1 && schema != kCapsuleSchema2) {
      throw Error(ErrorCode::kUnsupported,
                  "manifest: schema '" + printable(schema, 60) + "'; this version reads " +
                      std::string(kCapsuleSchema1) + " and " + std::string(kCapsuleSchema2));
    }
  }
  of.optional("created_by", manifest.created_by);
  of.required("era", manifest.era, JsonWords{kCapsuleEras});
  of.object("origin", [&](auto& origin) {
    origin.required("kind", manifest.origin_kind);
    origin.optional("facts", manifest.origin_facts);
    origin.pass_over_others();
  });
  of.required("subject", manifest.subject);
  of.object("steps", [&](auto& steps) { steps_members(steps, manifest); });
  of.required("setups", manifest.setups);
  of.required("checkpoints", manifest.checkpoints);
  of.sparse("engine", manifest.claim.engine);
  of.sparse("expected", manifest.claim.verdict);
  of.optional("replay_options", manifest.claim.replay_options);
  of.optional("notes", manifest.claim.notes);
  of.pass_over_others();
  if constexpr (Members::kReads) {
    if (schema == kCapsuleSchema2) {
      manifest.form_max = CapsuleForm::kWhole;
    } else if (capsule_schema_of(manifest) != kCapsuleSchema1) {
      of.fail("holds what its schema, " + schema + ", does not have");
    }
  }
}

std::string_view capsule_schema_of(const CapsuleManifest& manifest) {
  const bool vat = manifest.subject.kind == kVatKind &&
                   (manifest.era == Era::k2021 || manifest.era == Era::k2024);
  const bool told = !manifest.setups.empty();
  const bool known_starts =
      std::all_of(manifest.checkpoints.begin(), manifest.checkpoints.end(), [](const auto& each) {
        return each.checkpoint.kind == CheckpointKind::kGenesis ||
               each.checkpoint.kind == CheckpointKind::kHeapSnapshot;
      });
  const bool first = vat && told && known_starts && manifest.form_max == CapsuleForm::kVat;
  return first ? kCapsuleSchema1 : kCapsuleSchema2;
}

std::string write_capsule_manifest(const CapsuleManifest& manifest) { return write_json(manifest); }

CapsuleManifest parse_capsule_manifest(std::string_view json) {
  auto manifest = read_json<CapsuleManifest>(json, "manifest");
  check(manifest);
  return manifest;
}

}  // namespace recrank
