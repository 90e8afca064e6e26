// What the kernel's key-value store and the first transcript item say about a vat.
// Format: docs/formats/swingset-2024.md ("Keys of a vat", "Transcript items").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace recrank::agoric {

// The code of a vat, one of three ways: {"bundleID":…}, {"bundleName":…}, {"bundle":{…}}.
struct VatSource {
  std::string bundle_id;
  std::string bundle_name;
  std::string bundle;  // JSON text

  [[nodiscard]] bool empty() const {
    return bundle_id.empty() && bundle_name.empty() && bundle.empty();
  }
};

struct WorkerOptions {
  std::string type;         // "xsnap", "local"
  std::string lockdown_id;  // bundle IDs; empty where not recorded
  std::string supervisor_id;
};

struct VatOptions {
  WorkerOptions worker;
  std::optional<std::string> name;
  bool enable_disavow = false;
  bool metered = false;
};

// Each throws kInvalidData "JSON: …" for text of another shape; unknown members are passed over.
[[nodiscard]] VatSource parse_vat_source(std::string_view json);
[[nodiscard]] VatOptions parse_vat_options(std::string_view json);

// How an incarnation began: ["initialize-worker",{"source":…,"workerOptions":…}].
struct InitializeWorker {
  VatSource source;
  WorkerOptions worker;
};
// nullopt for any other delivery.
[[nodiscard]] std::optional<InitializeWorker> parse_initialize_worker(std::string_view delivery);

// ["v6","v7"]
[[nodiscard]] std::vector<std::string> parse_string_array(std::string_view json);

}  // namespace recrank::agoric
