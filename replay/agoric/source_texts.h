// The source texts that a vat's worker was told, by the paths under which the engine knows them,
// and the lines of the supervisor through which every delivery and every system call goes. Format:
// docs/formats/swingset-2024.md ("Bundles"), docs/formats/xsbug.md
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace recrank::agoric {

// "/bundled-source/.../": in front of every module of a bundle that evaluates its modules itself.
inline constexpr std::string_view kBundledSource = "/bundled-source/.../";

// Of a module of the vat's own bundle, ".../contract/start.js"; not of the program around it (its
// supervisor and what that is made of), nor of a text without a name that somebody evaluated,
// "#672".
[[nodiscard]] inline bool is_path_of_vat(std::string_view path) {
  return !path.empty() && !path.starts_with(kBundledSource) && !path.starts_with('#');
}

struct SupervisorLines {
  std::string path;            // of the module, as the engine knows it
  uint64_t delivery_line = 0;  // where a delivery is begun
  uint64_t call_line = 0;      // where a system call is made
};

// `source`: the text that the worker evaluates. nullopt: it has no such lines.
[[nodiscard]] std::optional<SupervisorLines> find_supervisor_lines(std::string_view source);

// A module of a bundle that evaluates its modules itself (lockdown, supervisor), as it is
// evaluated: line N is line N of the path. nullopt: the bundle has none of that path.
[[nodiscard]] std::optional<std::string> module_of_program(std::string_view source,
                                                           std::string_view path);

// Likewise of a vat's bundle as setBundle carries it ({"moduleFormat":"endoZipBase64",…}).
// kInvalidData for a zip that is damaged.
[[nodiscard]] std::optional<std::string> module_of_bundle(std::string_view bundle,
                                                          std::string_view path);

}  // namespace recrank::agoric
