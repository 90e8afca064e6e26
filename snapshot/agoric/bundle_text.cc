// Format: docs/formats/swingset-2024.md ("Bundles").
#include "snapshot/agoric/bundle_text.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/agoric/compartment_map.h"
#include "snapshot/agoric/endo_zip.h"

namespace recrank::agoric {
namespace {

constexpr std::string_view kText = "b0-";
constexpr std::string_view kZip = "b1-";

// The hash that a b1 ID holds, of an archive in which all is as its compartment map says.
std::string hash_of_zip(std::string_view zip) {
  const std::vector<EndoZipMember> members = read_endo_zip(zip);
  check_compartments(members);
  return sha512_hex(std::find_if(members.begin(), members.end(), [](const EndoZipMember& each) {
                      return each.name == kCompartmentMap;
                    })->content);
}

std::string zip_damage(std::string_view recorded, std::string_view zip) {
  try {
    const std::string found = hash_of_zip(zip);
    if (found == recorded) return "";
    return "compartment-map.json has sha512 " + found + ", the bundle ID says otherwise";
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidData) throw;
    return error.what();
  }
}

// A zip inside the JSON of a bundle is as strict as one that lies in a store.
void check_packed_zip(std::string_view json) {
  std::optional<std::string> packed;
  std::optional<std::string> sha512;
  JsonCursor cursor(json);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "endoZipBase64") packed = cursor.string_value();
    else if (*key == "endoZipBase64Sha512") sha512 = cursor.string_value();
    else cursor.skip_value();
  }
  if (!packed) return;
  const auto zip = decode_base64(*packed);
  if (!zip) throw Error(ErrorCode::kInvalidData, "its endoZipBase64 is no base64");
  const std::string found = hash_of_zip(*zip);
  if (sha512.value_or(found) == found) return;
  throw Error(ErrorCode::kInvalidData,
              "compartment-map.json has sha512 " + found + ", endoZipBase64Sha512 says otherwise");
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
  if (content.starts_with("PK")) {
    const std::string hash = hash_of_zip(content);
    return bundle_json(std::string(kZip) + hash, std::move(content));
  }
  const size_t first = content.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && content[first] == '{') check_packed_zip(content);
  return content;
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
