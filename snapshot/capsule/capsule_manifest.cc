// Format: docs/formats/capsule.md ("Manifest")
#include "snapshot/capsule/capsule_manifest.h"

#include <algorithm>

#include "base/check.h"
#include "base/json_cursor.h"
#include "snapshot/agoric/dialect_names.h"
#include "snapshot/capsule/capsule_format.h"

namespace recrank {
namespace {

constexpr std::string_view kVatKind = "vat";

class ObjectText {
 public:
  ObjectText& raw(std::string_view name, std::string_view json) {
    text_ += (text_.size() > 1 ? "," : "") + json_quote(name) + ":" + std::string(json);
    return *this;
  }
  ObjectText& text(std::string_view name, std::string_view value) {
    return raw(name, json_quote(value));
  }
  ObjectText& number(std::string_view name, uint64_t value) {
    return raw(name, std::to_string(value));
  }
  ObjectText& flag(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
  }
  ObjectText& maybe(std::string_view name, const std::optional<std::string>& value) {
    return value ? text(name, *value) : *this;
  }
  [[nodiscard]] bool empty() const { return text_.size() == 1; }
  [[nodiscard]] std::string done() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

template <typename List, typename Write>
std::string list_text(const List& list, Write write) {
  std::string text = "[";
  for (const auto& each : list) text += (text.size() > 1 ? "," : "") + write(each);
  return text + "]";
}

template <typename Table, typename Value>
std::string_view word_of(const Table& table, Value value) {
  const auto row = std::find_if(std::begin(table), std::end(table),
                                [&](const auto& each) { return each.first == value; });
  RECRANK_CHECK(row != std::end(table));
  return row->second;
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

// A vat's has no "kind".
std::string subject_text(const Subject& subject) {
  ObjectText text;
  if (subject.kind != kVatKind) text.text("kind", subject.kind);
  return text.text("id", subject.id)
      .text("name", subject.name)
      .text("manager", subject.manager)
      .text("state", subject.state == SubjectState::kAlive ? "alive" : "terminated")
      .number("incarnations", subject.incarnations)
      .number("number_offset", subject.number_offset)
      .done();
}

std::string setup_text(const CapsuleSetup& setup) {
  ObjectText text;
  text.number("from", setup.from_step).text("worker_name", setup.plain.label);
  ObjectText others;
  const auto hash_of = [&](std::string_view name) -> std::optional<std::string> {
    for (const NamedText& each : setup.apart) {
      if (each.name == name) return each.text;
    }
    return std::nullopt;
  };
  for (const auto& [name, member, form] : kCapsuleTexts) {
    if (form == CapsuleTextForm::kApart || form == CapsuleTextForm::kFreshApart) {
      text.maybe(member, hash_of(name));
    } else if (const std::string* plain = setup.plain.find(name)) {
      text.raw(member, *plain);
    }
    const std::string* missing = setup.plain.missing.find(name);
    if (name == kCapsuleMissingText && missing != nullptr) {
      text.text(kCapsuleMissingMember, *missing);
    }
  }
  for (const NamedText& each : setup.apart) {
    if (!has_member(each.name)) others.text(each.name, each.text);
  }
  if (!others.empty()) text.raw("texts", others.done());
  return text.done();
}

std::string checkpoint_text(const CapsuleCheckpoint& each) {
  ObjectText text;
  text.text("kind", word_of(kCapsuleCheckpointKinds, each.checkpoint.kind))
      .number("next_step", each.checkpoint.next_step)
      .number("incarnation", each.checkpoint.incarnation);
  if (!has_bytes(each.checkpoint.kind)) return text.done();
  return text.text("sha256", each.checkpoint.sha256)
      .number("bytes", each.checkpoint.size_bytes)
      .text("value", each.value)
      .done();
}

std::string claim_text(const Claim& claim, ObjectText& text) {
  if (claim.engine) {
    text.raw("engine", ObjectText()
                           .text("name", claim.engine->name)
                           .text("sha256", claim.engine->sha256)
                           .text("version", claim.engine->version)
                           .text("dialect", claim.engine->dialect)
                           .text("how_to_get", claim.engine->how_to_get)
                           .done());
  }
  if (claim.verdict) {
    ObjectText verdict;
    verdict.text("kind", claim.verdict->kind);
    if (claim.verdict->step) verdict.number("step", *claim.verdict->step);
    verdict.text("signature", claim.verdict->signature).text("headline", claim.verdict->headline);
    text.raw("expected", verdict.done());
  }
  text.raw("replay_options", list_text(claim.replay_options, json_quote));
  return text.raw("notes", list_text(claim.notes, json_quote)).done();
}

}  // namespace

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

std::string write_capsule_manifest(const CapsuleManifest& manifest) {
  const auto fact_text = [](const auto& fact) {
    return "[" + json_quote(fact.first) + "," + json_quote(fact.second) + "]";
  };
  const StepRange range = manifest.range();
  ObjectText text;
  text.text("schema", capsule_schema_of(manifest))
      .text("created_by", manifest.created_by)
      .text("era", word_of_dialect(manifest.dialect))
      .raw("origin", ObjectText()
                         .text("kind", manifest.origin_kind)
                         .raw("facts", list_text(manifest.origin_facts, fact_text))
                         .done())
      .raw("subject", subject_text(manifest.subject))
      .raw("steps", ObjectText()
                        .number("from", range.begin)
                        .number("to", range.end - 1)
                        .number("blocks", manifest.blocks)
                        .text("sha256", manifest.steps_sha256)
                        .done())
      .raw("setups", list_text(manifest.setups, setup_text))
      .raw("checkpoints", list_text(manifest.checkpoints, checkpoint_text));
  return claim_text(manifest.claim, text);
}

}  // namespace recrank
