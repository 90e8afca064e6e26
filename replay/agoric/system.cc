#include "replay/agoric/system.h"

#include <array>

#include "replay/agoric/bundle_file.h"
#include "replay/agoric/vat_dialect.h"
#include "replay/agoric/xsnap_engine.h"
#include "replay/agoric/xsnap_files.h"
#include "replay/agoric/xsnap_probe.h"
#include "snapshot/agoric/kerneldb/kerneldb_lmdb.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/agoric/slog/slog.h"
#include "snapshot/agoric/sst.h"
#include "snapshot/agoric/swingstore/swingstore_export.h"
#include "snapshot/agoric/swingstore/swingstore_sqlite.h"

namespace recrank::agoric {
namespace {

constexpr std::array kFormats{&kKerneldbLmdbFormat, &kSwingstoreSqliteFormat,
                              &kSwingstoreExportFormat, &kSlogFormat, &kSstFormat};
constexpr std::array kParts{kLockdown, kSupervisor};
constexpr std::array<std::string_view, 9> kOptions{kVatParameters, kCacheSize,    kEnableDisavow,
                                                   kVatBundle,     kLockdown,     kSupervisor,
                                                   kMeterLimit,    kParserBuffer, "dialect"};

std::unique_ptr<Engine> open_worker(const EngineSource& source, const Interrupt& interrupt) {
  XsnapProgram program = probe_engine(
      source.place, {.name = source.name, .dialect = source.dialect.value_or("")}, interrupt);
  for (const auto& [part, file] : source.parts) lay_bundle_over(file, part, program);
  return make_xsnap_engine(std::move(program));
}

std::filesystem::path worker_of(const std::filesystem::path& place) {
  return find_engine_files(place).worker;
}

std::vector<std::pair<std::string, std::filesystem::path>> bundles_beside(
    const std::filesystem::path& place) {
  const EngineFiles files = find_engine_files(place);
  std::vector<std::pair<std::string, std::filesystem::path>> found;
  if (!files.lockdown.empty()) found.emplace_back(kLockdown, files.lockdown);
  if (!files.supervisor.empty()) found.emplace_back(kSupervisor, files.supervisor);
  return found;
}

constexpr ProgramEngines kWorkers{
    .open = open_worker,
    .program_of = worker_of,
    .parts = kParts,
    .parts_beside = bundles_beside,
    .find_part = find_bundle,
    .read_part = read_bundle,
    .read_setup_text = read_setup_text,
    .how_to_get =
        "from the npm package @agoric/xsnap; the binary's sha256 depends on the compiler"};

}  // namespace

constinit const System kSystem{.name = "agoric",
                               .page = "agoric",
                               .dialects = kVatDialects,
                               .formats = kFormats,
                               .programs = &kWorkers,
                               .options = kOptions};

}  // namespace recrank::agoric
