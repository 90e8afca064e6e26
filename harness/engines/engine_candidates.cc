#include "harness/engines/engine_candidates.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/named.h"
#include "base/text.h"
#include "replay/engine_file.h"
#include "replay/system.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

// Texts hashed so that no two lists of them give the same bytes.
class KeyHash {
 public:
  void add(std::string_view text) {
    hash_.update(std::to_string(text.size()) + ":");
    hash_.update(text);
  }
  template <typename Pairs>
  void add_pairs(const Pairs& pairs) {
    add(std::to_string(pairs.size()));
    for (const auto& [name, value] : pairs) {
      add(name);
      add(value);
    }
  }
  void add_part(const std::string* laid_over, const std::string& own_sha256) {
    add(laid_over != nullptr ? "laid over" : "own");
    add(laid_over != nullptr ? sha256_hex(*laid_over) : own_sha256);
  }
  [[nodiscard]] std::string finish() { return hash_.finish_hex(); }

 private:
  Sha256 hash_;
};

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorCode::kUsage, what); }

void set_part(std::vector<std::pair<std::string, fs::path>>& parts, const std::string& name,
              const fs::path& file) {
  std::erase_if(parts, [&](const auto& part) { return part.first == name; });
  parts.emplace_back(name, file);
}

class ListedCandidates : public EngineCandidates {
 public:
  ListedCandidates(const EngineRegistry& registry, std::string_view dialect,
                   std::vector<CandidateSpec> specs)
      : registry_(registry), dialect_(dialect), specs_(std::move(specs)) {}

  [[nodiscard]] size_t size() const override { return specs_.size(); }
  [[nodiscard]] const std::string& name(size_t index) const override {
    return specs_.at(index).name;
  }
  [[nodiscard]] OpenedCandidate open(size_t index, const Interrupt& interrupt) override;

 private:
  [[nodiscard]] OpenedCandidate open_or_throw(const CandidateSpec& spec);
  [[nodiscard]] EngineEntry entry_of(const std::string& name_or_path);
  [[nodiscard]] std::unique_ptr<Engine> engine_of(const CandidateSpec& spec);

  const EngineRegistry& registry_;
  std::string dialect_;
  std::vector<CandidateSpec> specs_;
  std::string default_name_;  // once it was looked for
};

// The registry's entry of that name, or one for the path; an empty name is the default engine's.
EngineEntry ListedCandidates::entry_of(const std::string& name_or_path) {
  if (name_or_path.empty() && default_name_.empty()) {
    default_name_ = registry_.open_default(dialect_)->identity().name;
  }
  return registry_.find(name_or_path.empty() ? default_name_ : name_or_path);
}

std::unique_ptr<Engine> ListedCandidates::engine_of(const CandidateSpec& spec) {
  EngineEntry entry = entry_of(spec.engine);
  if (spec.bundles_of && !is_engine_file(entry.worker)) {
    EngineEntry base = entry_of(*spec.bundles_of);
    if (is_engine_file(base.worker)) {
      base.program = fs::absolute(entry.worker);
      return open_engine(base);
    }
    entry.parts = programs().parts_beside(base.worker);
    for (const auto& [part, file] : base.parts) set_part(entry.parts, part, file);
  }
  return open_engine(entry);
}

OpenedCandidate ListedCandidates::open_or_throw(const CandidateSpec& spec) {
  OpenedCandidate opened;
  for (const auto& [part, place] : spec.parts) {
    std::string why;
    const std::optional<fs::path> file = programs().find_part(place, part, why);
    if (!file) fail(why);
    opened.setup.set(part, programs().read_part(*file));
    opened.command_words += " --" + part + " " + shell_quote(file->string());
  }
  opened.engine = engine_of(spec);
  const EngineIdentity& identity = opened.engine->identity();
  if (!spec.parts.empty() && system_of_dialect(identity.dialect).programs == nullptr) {
    fail(printable(identity.name, 200) + ": a program takes no bundles");
  }
  opened.key = engine_key(identity, opened.setup);
  if (spec.bundles_of && identity.name != spec.engine) {
    opened.no_command = "no option of replay puts " + printable(spec.engine, 200) +
                        " into an engine file: copy " + printable(identity.name, 200) +
                        " with it as \"program\", and give the copy to --engine";
    return opened;
  }
  opened.command_words.insert(0, " --engine " + shell_quote(identity.name));
  return opened;
}

OpenedCandidate ListedCandidates::open(size_t index, const Interrupt& interrupt) {
  const CandidateSpec& spec = specs_.at(index);
  OpenedCandidate opened;
  if (interrupt.requested()) {
    opened.missing = "interrupted";
    return opened;
  }
  try {
    return open_or_throw(spec);
  } catch (const Error& error) {
    opened.missing = error.what();
    if (!spec.needs.empty()) opened.missing += "; needs " + printable(spec.needs, 200);
  }
  return opened;
}

}  // namespace

std::string to_string(const Dimension& dimension) {
  switch (dimension.kind) {
    case Dimension::Kind::kEngine: return "engine";
    case Dimension::Kind::kWorker: return "worker";
    case Dimension::Kind::kPart: break;
  }
  return dimension.part;
}

std::vector<std::string> dimension_words() {
  std::vector<std::string> words{"engine", "worker"};
  words.insert(words.end(), engine_parts().begin(), engine_parts().end());
  return words;
}

std::optional<Dimension> parse_dimension(std::string_view word) {
  if (word == "engine") return Dimension::engine();
  if (word == "worker") return Dimension::worker();
  const auto parts = engine_parts();
  if (std::find(parts.begin(), parts.end(), word) == parts.end()) return std::nullopt;
  return Dimension::of_part(word);
}

std::optional<fs::path> CandidateSpec::part(std::string_view wanted) const {
  const fs::path* place = find_named(parts, wanted);
  return place == nullptr ? std::nullopt : std::optional(*place);
}

std::string engine_key(const EngineIdentity& identity, const Setup& setup) {
  KeyHash hash;
  hash.add(identity.dialect);
  hash.add(identity.sha256);
  for (const std::string_view part : engine_parts()) {
    hash.add_part(setup.find(part), identity.part_sha256(part));
  }
  hash.add(std::to_string(identity.arguments.size()));
  for (const std::string& argument : identity.arguments) hash.add(argument);
  hash.add_pairs(identity.files);
  hash.add_pairs(identity.environment);
  hash.add(identity.network);
  return hash.finish();
}

std::unique_ptr<EngineCandidates> listed_candidates(const EngineRegistry& registry,
                                                    std::string_view dialect,
                                                    std::vector<CandidateSpec> specs) {
  return std::make_unique<ListedCandidates>(registry, dialect, std::move(specs));
}

}  // namespace recrank
