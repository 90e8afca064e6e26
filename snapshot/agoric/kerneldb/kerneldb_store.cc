// Format: docs/formats/kerneldb-lmdb-2021.md
#include "snapshot/agoric/kerneldb/kerneldb_store.h"

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/io/utf16.h"

namespace recrank::agoric {

std::string KerneldbStore::place(std::string_view key) const {
  return shown() + ": key " + printable(key, 200);
}

bool KerneldbStore::find_into(std::string_view key, std::string& text) const {
  const auto stored_key = encode_utf16z(key);
  // Longer keys than the page allows are refused by liblmdb with an error, not with "not found".
  constexpr size_t kKeyBytesMax = 511;
  if (!stored_key || stored_key->size() > kKeyBytesMax) return false;
  const auto stored = txn_.find(dbi_, *stored_key);
  if (!stored) return false;
  if (!decode_utf16z(*stored, text)) {
    throw Error(ErrorCode::kInvalidData, place(key) + ": the value (" +
                                             std::to_string(stored->size()) +
                                             " bytes) is not UTF-16 with a terminator");
  }
  return true;
}

std::optional<std::string> KerneldbStore::find(std::string_view key) const {
  std::string text;
  if (!find_into(key, text)) return std::nullopt;
  return text;
}

std::string KerneldbStore::get(std::string_view key) const {
  auto text = find(key);
  if (!text) throw Error(ErrorCode::kInvalidData, place(key) + ": missing");
  return std::move(*text);
}

std::optional<uint64_t> KerneldbStore::find_number(std::string_view key) const {
  const auto text = find(key);
  if (!text) return std::nullopt;
  const auto number = parse_uint(*text);
  if (!number) {
    throw Error(ErrorCode::kInvalidData, place(key) + ": not a number: " + printable(*text, 80));
  }
  return number;
}

std::vector<std::string> KerneldbStore::strings(std::string_view key) const {
  std::vector<std::string> out;
  const auto text = find(key);
  if (!text) return out;
  with_context([&] { return place(key); },
               [&] {
                 JsonCursor cursor(*text);
                 cursor.enter_array();
                 while (cursor.next_element()) out.push_back(cursor.string_value());
                 cursor.expect_end();
               });
  return out;
}

VatOptions2021 parse_vat_options_2021(std::string_view json) {
  VatOptions2021 options;
  JsonCursor cursor(json);
  cursor.enter_object();
  while (const auto key = cursor.next_key()) {
    if (*key == "managerType") {
      options.manager = cursor.string_value();
    } else if (*key == "vatParameters") {
      options.parameters = cursor.raw_value();
    } else if (*key == "virtualObjectCacheSize") {
      options.cache_size = cursor.raw_value();
    } else if (*key == "enableDisavow") {
      options.enable_disavow = cursor.bool_value();
    } else {
      cursor.skip_value();
    }
  }
  cursor.expect_end();
  return options;
}

}  // namespace recrank::agoric
