// Format: docs/formats/capsule.md ("Manifest")
#include "snapshot/capsule/capsule_manifest.h"

#include <algorithm>
#include <map>
#include <optional>

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

std::optional<std::string> hash_of(const CapsuleSetup& setup, std::string_view name) {
  for (const NamedText& each : setup.apart) {
    if (each.name == name) return each.text;
  }
  return std::nullopt;
}

bool has_member(std::string_view text) {
  return std::any_of(std::begin(kCapsuleTexts), std::end(kCapsuleTexts),
                     [&](const CapsuleText& each) { return each.name == text; });
}

std::string_view word_of_dialect(const std::string& dialect) {
  for (const auto& [name, word] : kCapsuleDialects) {
    if (name == dialect) return word;
  }
  return dialect;
}

// Whether an engine speaks it is asked when the capsule is replayed; nullopt: it can be none.
std::optional<std::string> dialect_of_word(const std::string& word) {
  for (const auto& [name, short_word] : kCapsuleDialects) {
    if (short_word == word) return std::string(name);
  }
  constexpr size_t kDialectBytesMax = 40;
  const bool plain = !word.empty() && word.size() <= kDialectBytesMax &&
                     word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == word.npos;
  return plain ? std::optional(word) : std::nullopt;
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

// One text of a setup, in the form that its member has.
template <typename Members>
void text_member(Members& of, CapsuleSetup& setup, const CapsuleText& text) {
  const std::string* plain = setup.plain.find(text.name);
  const auto known = [&](auto value) {
    return plain == nullptr ? std::nullopt : std::optional(value());
  };
  switch (text.form) {
    case CapsuleTextForm::kFlag: {
      auto flag = known([&] { return *plain == "true"; });
      of.sparse(text.member, flag);
      if (Members::kReads && flag) setup.plain.set(text.name, *flag ? "true" : "false");
      break;
    }
    case CapsuleTextForm::kNumber: {
      auto number = known([&] { return parse_uint(*plain).value_or(0); });
      of.sparse(text.member, number);
      if (Members::kReads && number) setup.plain.set(text.name, std::to_string(*number));
      break;
    }
    default: {
      std::optional<std::string> hash = hash_of(setup, text.name);
      of.sparse(text.member, hash, JsonSha256());
      if (Members::kReads && hash) setup.apart.push_back({std::string(text.name), *hash});
    }
  }
}

template <typename Members>
void json_members(Members& of, CapsuleSetup& setup) {
  of.required("from", setup.from_step, kStepNumber);
  of.required("worker_name", setup.plain.label);
  for (const CapsuleText& text : kCapsuleTexts) {
    text_member(of, setup, text);
    if (text.name != kCapsuleMissingText) continue;
    std::optional<std::string> missing = setup.plain.missing.get(text.name);
    of.sparse(kCapsuleMissingMember, missing);
    if (Members::kReads) setup.plain.missing.set(text.name, missing);
  }
  // Texts of a system that has no members of its own here.
  std::map<std::string, std::string> others;
  for (const NamedText& each : setup.apart) {
    if (!has_member(each.name)) others.emplace(each.name, each.text);
  }
  of.sparse("texts", others, JsonMap<JsonSha256>());
  if constexpr (Members::kReads) {
    for (const auto& [name, hash] : others) setup.apart.push_back({name, hash});
  }
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
void json_members(Members& of, ClaimedEngine& engine) {
  of.required("name", engine.name);
  of.required("sha256", engine.sha256);
  of.optional("version", engine.version);
  of.optional("dialect", engine.dialect);
  of.optional("how_to_get", engine.how_to_get);
  of.pass_over_others();
}

template <typename Members>
void json_members(Members& of, ClaimedVerdict& verdict) {
  of.required("kind", verdict.kind);
  of.sparse("step", verdict.step, kStepNumber);
  of.optional("signature", verdict.signature);
  of.optional("headline", verdict.headline);
  of.sparse("limit", verdict.limit);
  of.sparse("field", verdict.field);
  of.sparse("fact", verdict.fact);
  of.sparse("call", verdict.call);
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
  std::string word(Members::kReads ? "" : word_of_dialect(manifest.dialect));
  of.required("era", word);
  if constexpr (Members::kReads) {
    const auto dialect = dialect_of_word(word);
    if (!dialect) of.fail("'" + printable(word, 60) + "' is no dialect");
    manifest.dialect = *dialect;
  }
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

CapsuleTextForm capsule_text_form(std::string_view name) {
  for (const CapsuleText& each : kCapsuleTexts) {
    if (each.name == name) return each.form;
  }
  return CapsuleTextForm::kApart;
}

std::string_view capsule_schema_of(const CapsuleManifest& manifest) {
  const bool vat =
      manifest.subject.kind == kVatKind && word_of_dialect(manifest.dialect) != manifest.dialect;
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
