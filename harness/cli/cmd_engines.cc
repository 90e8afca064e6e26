// `recrank engines`: which builds there are to replay on.

#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "harness/cli/command.h"
#include "harness/console/exit_status.h"
#include "harness/engines/engine_registry.h"
#include "harness/report/verdict_report.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

ArgumentSpec engines_spec() {
  ArgumentSpec spec;
  spec.usage = "engines list | add NAME WORKER | remove NAME";
  spec.about =
      "Lists, adds and removes engines. WORKER is a worker binary, or a directory that holds one\n"
      "with its lockdown and supervisor bundles (JSON bundles or plain text), or an engine file: "
      "JSON\n"
      "that names a program which answers events (docs/systems/programs.md). Each is started to\n"
      "find out its version and dialect, and identified by the sha256 of its binary.";
  spec.examples =
      "  recrank engines list\n"
      "  recrank engines add testnet-12 ./xsnap --lockdown lockdown.js --supervisor supervisor.js\n"
      "  recrank engines add bun-1.3.13 ./bun-1.3.13.json\n"
      "  recrank engines remove testnet-12\n";
  spec.positional_min = 0;
  spec.positional_max = 3;
  spec.positional_names = Names::kInput;
  spec.positional_named = 2;
  add_value(spec, "lockdown", "FILE", "with add: the engine's lockdown bundle", Names::kInput);
  add_value(spec, "supervisor", "FILE", "with add: the engine's supervisor bundle", Names::kInput);
  add_value(spec, "dialect", "D",
            "with add: xsnap-2021 or xsnap-2024, instead of what the probe finds");
  return spec;
}

CommandResult list(const EngineRegistry& registry) {
  CommandResult result;
  std::vector<std::vector<std::string>> rows{
      {"name", "version", "dialect", "sha256", "bundles", "from"}};
  Json engines = Json::array();
  for (const EngineEntry& entry : registry.entries()) {
    const std::string from = entry.built_in ? "built in" : entry.worker.string();
    try {
      const auto engine = open_engine(entry);
      const EngineIdentity& identity = engine->identity();
      const bool bundles = !identity.parts.empty();
      rows.push_back({printable(entry.name, 60), printable(identity.version, 60), identity.dialect,
                      identity.sha256.substr(0, 12), bundles ? "yes" : "no", printable(from)});
      Json json = to_json(identity);
      json["built_in"] = entry.built_in;
      json["path"] = printable(entry.worker.string());
      engines.push_back(std::move(json));
    } catch (const Error& error) {  // one broken engine must not hide the others
      rows.push_back({printable(entry.name, 60), "broken: " + printable(error.what(), 200), "", "",
                      "", printable(from)});
      engines.push_back({{"name", printable(entry.name)},
                         {"path", printable(entry.worker.string())},
                         {"error", printable(error.what())}});
    }
  }
  result.text = rows.size() > 1 ? format_table(rows)
                                : "no engine is known; `recrank engines add NAME WORKER`\n";
  result.report = {{"schema", "recrank.engines/1"}, {"engines", std::move(engines)}};
  return result;
}

CommandResult add(EngineRegistry& registry, const Arguments& arguments) {
  EngineEntry entry;
  entry.name = arguments.positional()[1];
  entry.worker = fs::absolute(arguments.positional()[2]);
  for (const std::string_view part : engine_parts()) {
    const std::string name(part);
    if (const auto file = arguments.text(name)) entry.parts.emplace_back(name, fs::absolute(*file));
  }
  entry.dialect = arguments.choice("dialect", {"xsnap-2021", "xsnap-2024"});
  if (entry.name.empty() || entry.name.find('/') != std::string::npos) {
    throw Error(ErrorCode::kUsage, "an engine's name is not empty and holds no '/'");
  }
  const auto engine = open_engine(entry);  // refuses what cannot be started before it is remembered
  registry.add(entry);
  const EngineIdentity& identity = engine->identity();
  return {kExitClean, Json{{"schema", "recrank.engines/1"}, {"added", to_json(identity)}},
          "added " + printable(entry.name) + ": " + printable(identity.version) + ", " +
              identity.dialect + ", sha256 " + identity.sha256 + "\n"};
}

CommandResult run_engines(const Arguments& arguments, Context&) {
  EngineRegistry registry = EngineRegistry::load();
  const auto& words = arguments.positional();
  const std::string action = words.empty() ? "list" : words.front();
  if (action == "list" && words.size() <= 1) return list(registry);
  if (action == "add" && words.size() == 3) return add(registry, arguments);
  if (action == "remove" && words.size() == 2) {
    registry.remove(words[1]);
    return {kExitClean, Json{{"schema", "recrank.engines/1"}, {"removed", printable(words[1])}},
            "removed " + printable(words[1]) + "\n"};
  }
  throw Error(ErrorCode::kUsage, "usage: recrank engines list | add NAME WORKER | remove NAME");
}

}  // namespace

const Command kEnginesCommand{"engines", "list, add and identify engines", engines_spec,
                              run_engines};

}  // namespace recrank
