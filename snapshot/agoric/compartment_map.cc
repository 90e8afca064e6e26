// Format: docs/formats/swingset-2024.md ("Bundles").
// Source: @endo/compartment-mapper src/import-archive-lite.js, which is as strict when it is given
// a hash function; the kernel's workers give it none.
#include "snapshot/agoric/compartment_map.h"

#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/hash.h"
#include "base/json_cursor.h"
#include "base/text.h"

namespace recrank::agoric {
namespace {

// The sha512 that is promised of each file; nullopt: none.
using Promised = std::map<std::string, std::optional<std::string>, std::less<>>;

// One that lies in no file of its own (it stands for another module) has no location.
void read_module(JsonCursor& cursor, const std::string& compartment, Promised& promised) {
  std::optional<std::string> location;
  std::optional<std::string> sha512;
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "location") location = cursor.string_value();
    else if (*key == "sha512") sha512 = cursor.string_value();
    else cursor.skip_value();
  }
  if (location) promised[compartment + "/" + *location] = sha512;
}

// Calls `read` at the value of each member of an object, with the member's name.
template <typename Read>
void each_member(JsonCursor& cursor, Read read) {
  cursor.enter_object();
  while (const auto key = cursor.next_key()) read(json_unescape(*key));
}

Promised read_map(std::string_view json) {
  Promised promised;
  JsonCursor cursor(json);
  each_member(cursor, [&](const std::string& part) {
    if (part != "compartments") return cursor.skip_value();
    each_member(cursor, [&](const std::string& compartment) {
      each_member(cursor, [&](const std::string& member) {
        if (member != "modules") return cursor.skip_value();
        each_member(cursor,
                    [&](const std::string&) { read_module(cursor, compartment, promised); });
      });
    });
  });
  cursor.expect_end();
  return promised;
}

[[noreturn]] void fail(std::string_view name, const std::string& what) {
  throw Error(ErrorCode::kInvalidData, "module " + printable(name, 200) + ": " + what);
}

}  // namespace

void check_compartments(const std::vector<EndoZipMember>& members) {
  std::map<std::string_view, std::string_view> files;
  for (const EndoZipMember& each : members) files.emplace(each.name, each.content);
  const auto map = files.find(kCompartmentMap);
  if (map == files.end()) throw Error(ErrorCode::kInvalidData, "it has no compartment-map.json");
  const Promised promised =
      with_context([] { return kCompartmentMap; }, [&] { return read_map(map->second); });
  files.erase(map);
  for (const auto& [name, sha512] : promised) {
    const auto file = files.find(name);
    if (file == files.end()) fail(name, "compartment-map.json names it, and it is not there");
    if (!sha512) continue;
    const std::string found = sha512_hex(file->second);
    if (found != *sha512) {
      fail(name, "has sha512 " + found + ", compartment-map.json says otherwise");
    }
  }
  for (const auto& [name, content] : files) {
    if (!promised.contains(name)) fail(name, "compartment-map.json does not name it");
  }
}

}  // namespace recrank::agoric
