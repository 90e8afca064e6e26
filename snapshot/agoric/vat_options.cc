// Format: docs/formats/swingset-2024.md ("Keys of a vat", "Transcript items").
#include "snapshot/agoric/vat_options.h"

#include "base/json_cursor.h"

namespace recrank::agoric {
namespace {

std::vector<std::string> string_array(JsonCursor& cursor) {
  std::vector<std::string> strings;
  cursor.enter_array();
  while (cursor.next_element()) strings.push_back(cursor.string_value());
  return strings;
}

// {"type":"xsnap","bundleIDs":["b0-…lockdown","b0-…supervisor"]}
WorkerOptions worker_options(JsonCursor& cursor) {
  WorkerOptions options;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "type") {
      options.type = cursor.string_value();
    } else if (*key == "bundleIDs") {
      const std::vector<std::string> ids = string_array(cursor);
      if (!ids.empty()) options.lockdown_id = ids[0];
      if (ids.size() > 1) options.supervisor_id = ids[1];
    } else {
      cursor.skip_value();
    }
  }
  return options;
}

VatSource vat_source(JsonCursor& cursor) {
  VatSource source;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "bundleID") {
      source.bundle_id = cursor.string_value();
    } else if (*key == "bundleName") {
      source.bundle_name = cursor.string_value();
    } else if (*key == "bundle") {
      source.bundle = cursor.raw_value();
    } else {
      cursor.skip_value();
    }
  }
  return source;
}

}  // namespace

VatSource parse_vat_source(std::string_view json) {
  JsonCursor cursor(json);
  VatSource source = vat_source(cursor);
  cursor.expect_end();
  return source;
}

VatOptions parse_vat_options(std::string_view json) {
  VatOptions options;
  JsonCursor cursor(json);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "workerOptions") {
      options.worker = worker_options(cursor);
    } else if (*key == "managerType") {  // before workerOptions there was only the type
      if (auto type = cursor.string_or_null()) options.worker.type = *type;
    } else if (*key == "name") {
      options.name = cursor.string_or_null();
    } else if (*key == "enableDisavow") {
      options.enable_disavow = cursor.bool_value();
    } else if (*key == "meterID") {
      options.metered = cursor.string_or_null().has_value();
    } else {
      cursor.skip_value();
    }
  }
  cursor.expect_end();
  return options;
}

std::optional<InitializeWorker> parse_initialize_worker(std::string_view delivery) {
  JsonCursor cursor(delivery);
  cursor.enter_array();
  if (!cursor.next_element() || cursor.raw_value() != "\"initialize-worker\"" ||
      !cursor.next_element()) {
    return std::nullopt;
  }
  InitializeWorker found;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "source") {
      found.source = vat_source(cursor);
    } else if (*key == "workerOptions") {
      found.worker = worker_options(cursor);
    } else {
      cursor.skip_value();
    }
  }
  return found;
}

std::vector<std::string> parse_string_array(std::string_view json) {
  JsonCursor cursor(json);
  std::vector<std::string> strings = string_array(cursor);
  cursor.expect_end();
  return strings;
}

}  // namespace recrank::agoric
