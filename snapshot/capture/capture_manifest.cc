// Format: docs/evidence.md, "The manifest"
#include "snapshot/capture/capture_manifest.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace recrank {
namespace {

using nlohmann::ordered_json;

constexpr size_t kPathBytes = 4096;

}  // namespace

ordered_json passed_over_json(const std::vector<PassedOver>& passed_over) {
  ordered_json list = ordered_json::array();
  for (const PassedOver& each : passed_over) {
    ordered_json one{{"path", printable(each.path, kPathBytes)}, {"why", printable(each.why)}};
    if (!each.rule.empty()) one["rule"] = printable(each.rule);
    if (each.line > 0) one["line"] = each.line;
    list.push_back(std::move(one));
  }
  return list;
}

std::string capture_manifest(const CapturedNode& node,
                             const std::optional<BinaryIdentity>& binary) {
  ordered_json manifest{{"schema", kCaptureSchema}, {"holds", printable(node.holds)}};
  if (binary) {
    ordered_json words = ordered_json::array();
    for (const std::string& each : binary->words) words.push_back(printable(each));
    manifest["binary"] = {{"name", printable(binary->name, kPathBytes)},
                          {"bytes", binary->bytes},
                          {"sha256", binary->sha256},
                          {"says", std::move(words)}};
  }
  ordered_json files = ordered_json::array();
  for (const CaptureFile& each : node.walk.files) {
    ordered_json file{
        {"path", printable(each.path, kPathBytes)}, {"bytes", each.bytes}, {"sha256", each.sha256}};
    if (!each.copy.empty()) file["copied"] = "consistently, from a database in use";
    files.push_back(std::move(file));
  }
  manifest["files"] = std::move(files);
  manifest["secrets_left_out"] = passed_over_json(node.walk.secrets);
  manifest["kept_with_suspicion"] = passed_over_json(node.walk.suspects);
  manifest["skipped"] = passed_over_json(node.walk.skipped);
  manifest["unreadable"] = passed_over_json(node.walk.unreadable);
  return manifest.dump(1) + "\n";
}

}  // namespace recrank
