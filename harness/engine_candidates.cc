#include "harness/engine_candidates.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/fd.h"
#include "base/hash.h"
#include "base/text.h"
#include "replay/engine_files.h"
#include "replay/process_engine.h"
#include "snapshot/bundle_text.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBundleBytesMax = 64 << 20;
constexpr std::array kDimensions{Dimension::kEngine, Dimension::kWorker, Dimension::kLockdown,
                                 Dimension::kSupervisor};

// The one bundle of that kind in a directory: of an npm package, in its dist/.
fs::path bundle_in(const fs::path& directory, const std::string& kind) {
  std::error_code error;
  for (const fs::path& place : {directory / (kind + ".bundle"), directory / "dist" / (kind + ".bundle")}) {
    if (fs::is_regular_file(place, error)) return place;
  }
  throw Error(ErrorCode::kIo, directory.string() + ": neither " + kind + ".bundle nor dist/" + kind +
                                  ".bundle lies in it");
}

std::string read_bundle(const fs::path& place, const std::string& kind) {
  std::error_code error;
  const fs::path file = fs::is_directory(place, error) ? bundle_in(place, kind) : place;
  return with_context([&] { return file.string(); },
                      [&] { return bundle_json_of_file(read_small_file(file, kBundleBytesMax)); });
}

// The engine with one binary in the place of its own.
EngineEntry with_worker(EngineEntry entry, const fs::path& worker) {
  if (is_engine_file(entry.worker)) {
    entry.program = fs::absolute(worker);
    return entry;
  }
  const EngineFiles own = find_engine_files(entry.worker);
  if (!entry.lockdown && !own.lockdown.empty()) entry.lockdown = own.lockdown;
  if (!entry.supervisor && !own.supervisor.empty()) entry.supervisor = own.supervisor;
  entry.worker = find_engine_files(worker).worker;
  return entry;
}

// All that decides what the engine does, one fact on each line.
std::string identity_text(const EngineIdentity& engine, const VatSetup& setup) {
  const auto overlaid = [](const std::optional<std::string>& bundle, const std::string& own) {
    return bundle ? "instead " + sha256_hex(*bundle) : "own " + own;
  };
  std::string text = engine.dialect + "\n" + engine.sha256 + "\n" +
                     overlaid(setup.lockdown_bundle, engine.lockdown_sha256) + "\n" +
                     overlaid(setup.supervisor_bundle, engine.supervisor_sha256) + "\n";
  for (const std::string& word : engine.arguments) text += "argument " + word + "\n";
  for (const auto& [name, sha256] : engine.files) text += "file " + name + " " + sha256 + "\n";
  for (const auto& [name, value] : engine.environment) text += "environment " + name + " " + value + "\n";
  return text;
}

class ListedCandidates final : public EngineCandidates {
 public:
  ListedCandidates(const EngineRegistry& registry, Era era, std::vector<CandidateSpec> specs)
      : registry_(registry), era_(era), specs_(std::move(specs)) {}

  [[nodiscard]] size_t size() const override { return specs_.size(); }
  [[nodiscard]] const std::string& name(size_t index) const override { return specs_.at(index).name; }

  [[nodiscard]] OpenedCandidate open(size_t index, const Interrupt&) override {
    const CandidateSpec& spec = specs_.at(index);
    OpenedCandidate opened;
    try {
      opened = open_spec(spec);
    } catch (const Error& error) {
      opened.engine = nullptr;
      opened.missing = printable(error.what());
      if (!spec.needs.empty()) opened.missing += "; it needs: " + printable(spec.needs, 300);
    }
    return opened;
  }

 private:
  [[nodiscard]] EngineEntry entry_of(const CandidateSpec& spec) const {
    std::string name = spec.engine;
    if (name.empty()) name = registry_.open_default(era_)->identity().name;
    EngineEntry entry = registry_.find(name);
    return spec.worker ? with_worker(std::move(entry), *spec.worker) : entry;
  }

  [[nodiscard]] OpenedCandidate open_spec(const CandidateSpec& spec) const {
    OpenedCandidate opened;
    const EngineEntry entry = entry_of(spec);
    opened.engine = open_engine(entry);
    opened.command_words = "--engine " + shell_quote(spec.worker && !entry.program
                                                         ? entry.worker.string()
                                                         : entry.name);
    if (spec.lockdown) {
      opened.setup.lockdown_bundle = read_bundle(*spec.lockdown, "lockdown");
      opened.command_words += " --lockdown " + shell_quote(spec.lockdown->string());
    }
    if (spec.supervisor) {
      opened.setup.supervisor_bundle = read_bundle(*spec.supervisor, "supervisor");
      opened.command_words += " --supervisor " + shell_quote(spec.supervisor->string());
    }
    opened.key = candidate_key(opened.engine->identity(), opened.setup);
    return opened;
  }

  const EngineRegistry& registry_;
  Era era_;
  std::vector<CandidateSpec> specs_;
};

}  // namespace

std::string_view to_string(Dimension dimension) {
  switch (dimension) {
    case Dimension::kEngine: return "engine";
    case Dimension::kWorker: return "worker";
    case Dimension::kLockdown: return "lockdown";
    case Dimension::kSupervisor: return "supervisor";
  }
  return "unknown";
}

std::optional<Dimension> parse_dimension(std::string_view word) {
  const auto* const found = std::find_if(kDimensions.begin(), kDimensions.end(),
                                         [&](Dimension each) { return to_string(each) == word; });
  return found == kDimensions.end() ? std::nullopt : std::optional(*found);
}

std::string candidate_key(const EngineIdentity& engine, const VatSetup& setup) {
  return sha256_hex(identity_text(engine, setup));
}

std::unique_ptr<EngineCandidates> listed_candidates(const EngineRegistry& registry, Era era,
                                                    std::vector<CandidateSpec> specs) {
  return std::make_unique<ListedCandidates>(registry, era, std::move(specs));
}

}  // namespace recrank
