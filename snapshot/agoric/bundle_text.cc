// Format: docs/formats/swingset-2024.md ("Bundles").
#include "snapshot/agoric/bundle_text.h"

#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "snapshot/io/zip_member.h"

namespace recrank::agoric {
namespace {

constexpr std::string_view kText = "b0-";
constexpr std::string_view kZip = "b1-";
constexpr std::string_view kZipHead = "compartment-map.json";

// The hash that a b1 ID holds; empty when the archive has no such member.
std::string hash_of_zip(std::string_view zip) {
  std::string found;
  // All members are read, because the archive's checksums guard those that the hash does not.
  for_each_zip_member(zip, [&](const std::string& name, const std::string& content) {
    if (name == kZipHead) found = sha512_hex(content);
  });
  return found;
}

std::string zip_damage(std::string_view recorded, std::string_view zip) {
  std::string found;
  try {
    found = hash_of_zip(zip);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidData) throw;
    return error.what();
  }
  if (found.empty()) return "the archive has no compartment-map.json";
  if (found == recorded) return "";
  return "compartment-map.json has sha512 " + found + ", the bundle ID says otherwise";
}

}  // namespace

std::string bundle_json(const std::string& bundle_id, std::string stored) {
  if (bundle_id.starts_with(kText)) return stored;
  if (!bundle_id.starts_with(kZip)) {
    throw Error(ErrorCode::kUnsupported, "bundle " + printable(bundle_id, 200) + ": unknown kind");
  }
  // The key order is the one in which the kernel wrote it to the worker.
  return R"({"moduleFormat":"endoZipBase64","endoZipBase64Sha512":")" +
         bundle_id.substr(kZip.size()) + R"(","endoZipBase64":")" + encode_base64(stored) + R"("})";
}

std::string bundle_json_of_file(std::string content) {
  if (!content.starts_with("PK")) return content;
  const std::string hash = hash_of_zip(content);
  if (hash.empty()) throw Error(ErrorCode::kInvalidData, "a zip without compartment-map.json");
  return bundle_json(std::string(kZip) + hash, std::move(content));
}

std::string bundle_damage(const std::string& bundle_id, std::string_view stored) {
  const std::string_view id = bundle_id;
  if (id.starts_with(kZip)) return zip_damage(id.substr(kZip.size()), stored);
  if (!id.starts_with(kText)) return "unknown kind of bundle ID";
  const std::string found = sha256_hex(stored);
  return found == id.substr(kText.size())
             ? ""
             : "has sha256 " + found + ", the bundle ID says otherwise";
}

}  // namespace recrank::agoric
