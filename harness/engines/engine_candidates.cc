#include "harness/engines/engine_candidates.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "harness/engines/bundle_file.h"
#include "replay/agoric/xsnap_files.h"
#include "replay/program/process_engine.h"
#include "snapshot/journal/dialect_names.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<Dimension, std::string_view>, 4> kDimensionWords{{
    {Dimension::kEngine, "engine"},
    {Dimension::kWorker, "worker"},
    {Dimension::kLockdown, "lockdown"},
    {Dimension::kSupervisor, "supervisor"},
}};

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
  void add_bundle(const std::optional<std::string>& laid_over, const std::string& own_sha256) {
    add(laid_over ? "laid over" : "own");
    add(laid_over ? sha256_hex(*laid_over) : own_sha256);
  }
  [[nodiscard]] std::string finish() { return hash_.finish_hex(); }

 private:
  Sha256 hash_;
};

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorCode::kUsage, what); }

class ListedCandidates : public EngineCandidates {
 public:
  ListedCandidates(const EngineRegistry& registry, std::string_view era,
                   std::vector<CandidateSpec> specs)
      : registry_(registry), era_(era), specs_(std::move(specs)) {}

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
  std::string_view era_;
  std::vector<CandidateSpec> specs_;
  std::string default_name_;  // once it was looked for
};

// The registry's entry of that name, or one for the path; an empty name is the default engine's.
EngineEntry ListedCandidates::entry_of(const std::string& name_or_path) {
  if (name_or_path.empty() && default_name_.empty()) {
    default_name_ = registry_.open_default(era_)->identity().name;
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
    const EngineFiles files = find_engine_files(base.worker);
    const auto take = [](const std::optional<fs::path>& named, const fs::path& beside,
                         std::optional<fs::path>& bundle) {
      if (named || !beside.empty()) bundle = named.value_or(beside);
    };
    take(base.lockdown, files.lockdown, entry.lockdown);
    take(base.supervisor, files.supervisor, entry.supervisor);
  }
  return open_engine(entry);
}

OpenedCandidate ListedCandidates::open_or_throw(const CandidateSpec& spec) {
  OpenedCandidate opened;
  const auto lay = [&](const std::optional<fs::path>& place, std::string_view kind,
                       std::optional<std::string>& bundle) {
    if (!place) return;
    std::string why;
    const std::optional<fs::path> file = find_bundle(*place, kind, why);
    if (!file) fail(why);
    bundle = read_bundle(*file);
    opened.command_words += " --" + std::string(kind) + " " + shell_quote(file->string());
  };
  lay(spec.lockdown, "lockdown", opened.setup.lockdown_bundle);
  lay(spec.supervisor, "supervisor", opened.setup.supervisor_bundle);
  opened.engine = engine_of(spec);
  const EngineIdentity& identity = opened.engine->identity();
  if (identity.dialect == kProcessDialect && (spec.lockdown || spec.supervisor)) {
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

std::string_view to_string(Dimension dimension) {
  for (const auto& [each, word] : kDimensionWords) {
    if (each == dimension) return word;
  }
  RECRANK_CHECK(false);
  return {};
}

std::optional<Dimension> parse_dimension(std::string_view word) {
  for (const auto& [dimension, each] : kDimensionWords) {
    if (each == word) return dimension;
  }
  return std::nullopt;
}

std::string engine_key(const EngineIdentity& identity, const Setup& setup) {
  KeyHash hash;
  hash.add(identity.dialect);
  hash.add(identity.sha256);
  hash.add_bundle(setup.lockdown_bundle, identity.lockdown_sha256);
  hash.add_bundle(setup.supervisor_bundle, identity.supervisor_sha256);
  hash.add(std::to_string(identity.arguments.size()));
  for (const std::string& argument : identity.arguments) hash.add(argument);
  hash.add_pairs(identity.files);
  hash.add_pairs(identity.environment);
  hash.add(identity.network);
  return hash.finish();
}

std::unique_ptr<EngineCandidates> listed_candidates(const EngineRegistry& registry,
                                                    std::string_view era,
                                                    std::vector<CandidateSpec> specs) {
  return std::make_unique<ListedCandidates>(registry, era, std::move(specs));
}

}  // namespace recrank
