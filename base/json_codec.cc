#include "base/json_codec.h"

#include "base/error.h"
#include "base/hex.h"
#include "base/text.h"

namespace recrank {
namespace {

constexpr size_t kNameBytes = 60;

}  // namespace

std::string JsonAt::text() const {
  if (around_ == nullptr) return std::string(name_);
  if (name_.empty()) return around_->text() + "[" + std::to_string(index_) + "]";
  return around_->text() + (around_->around_ == nullptr ? ": " : ".") +
         printable(name_, kNameBytes);
}

void JsonAt::fail(const std::string& what) const {
  throw Error(ErrorCode::kInvalidData, text() + ": " + what);
}

void JsonAt::fail_word(const std::string& word) const {
  fail("'" + printable(word, kNameBytes) + "' is not one of its words");
}

std::string JsonSha256::read(JsonCursor& in, const JsonAt& at) {
  std::string hash = JsonString::read(in, at);
  if (!is_sha256_hex(hash)) at.fail("'" + printable(hash, 80) + "' is not a sha256");
  return hash;
}

uint64_t JsonHex::read(JsonCursor& in, const JsonAt& at) {
  const std::string text = JsonString::read(in, at);
  const char* const end = text.data() + text.size();
  uint64_t value = 0;
  if (text.size() > 2 && text.starts_with("0x")) {
    const auto [stop, error] = std::from_chars(text.data() + 2, end, value, 16);
    if (error == std::errc() && stop == end) return value;
  }
  at.fail("not a hexadecimal number");
}

void JsonHex::write(uint64_t value, std::string& out) {
  out += "\"0x" + number_to_hex(value) + "\"";
}

std::pair<std::string, std::string> JsonForm<std::pair<std::string, std::string>>::read(
    JsonCursor& in, const JsonAt& at) {
  std::vector<std::string> pair = JsonList<JsonString>{.most = 2}.read(in, at);
  if (pair.size() != 2) at.fail("not a pair");
  return {std::move(pair[0]), std::move(pair[1])};
}

void JsonForm<std::pair<std::string, std::string>>::write(
    const std::pair<std::string, std::string>& value, std::string& out) {
  out += "[" + json_quote(value.first) + "," + json_quote(value.second) + "]";
}

JsonMembersIn::JsonMembersIn(JsonCursor& in, const JsonAt& at) : at_(at) {
  at.reading([&] { in.enter_object(); });
  while (const auto name = at.reading([&] { return in.next_key(); })) {
    const std::string_view raw = at.reading([&] { return in.raw_value(); });
    if (!members_.emplace(*name, Member{raw}).second) {
      at.fail("it has '" + printable(*name, kNameBytes) + "' twice");
    }
  }
}

void JsonMembersIn::schema(std::string_view text) {
  std::string found;
  required("schema", found);
  if (found != text) at_.fail("its schema is not " + std::string(text));
}

std::optional<std::string_view> JsonMembersIn::find(std::string_view name) {
  const auto found = members_.find(name);
  if (found == members_.end()) return std::nullopt;
  found->second.known = true;
  return found->second.raw;
}

void JsonMembersIn::finish() const {
  if (others_) return;
  for (const auto& [name, member] : members_) {
    if (!member.known) at_.fail("unknown member '" + printable(name, kNameBytes) + "'");
  }
}

void JsonMembersOut::begin(std::string_view name) {
  if (!std::exchange(first_, false)) out_ += ',';
  out_ += json_quote(name) + ":";
}

}  // namespace recrank
