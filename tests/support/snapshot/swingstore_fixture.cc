#include "tests/support/snapshot/swingstore_fixture.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/check.h"
#include "base/hash.h"
#include "base/json_cursor.h"
#include "base/little_endian.h"
#include "snapshot/agoric/swingstore/span_hash.h"

namespace recrank {
namespace {

constexpr const char* kEmptySpan =  // sha256("start of transcript span")
    "43e6be43a3a34d60c0ebeb8498b5849b094fc20fc68483a7aeb3624fa10f79f6";

std::string worker_bundle(const char* what) {
  return std::string(R"({"moduleFormat":"nestedEvaluate","source":"function )") + what +
         R"( () {}","sourceMap":""})";
}

std::string supervisor_id() { return "b0-" + sha256_hex(worker_bundle("supervisor")); }

constexpr const char* kIndexJs = "export const buildRootObject = () => harden({});";

std::string compartment_map(const std::string& vat_id, uint64_t incarnation) {
  return R"({"entry":{"vat":")" + vat_id + R"(","version":)" + std::to_string(incarnation) +
         R"(},"compartments":{"vat":{"modules":{"./index.js":{"location":"index.js","sha512":")" +
         sha512_hex(kIndexJs) + R"("}}}}})";
}

std::string code_of(const std::string& vat_id, uint64_t incarnation) {
  return zip_of(
      {{"compartment-map.json", compartment_map(vat_id, incarnation)}, {"vat/index.js", kIndexJs}});
}

std::string worker_options(bool local) {
  if (local) return R"({"type":"local"})";
  return R"({"type":"xsnap","bundleIDs":[")" + SwingstoreFixture::lockdown_id() + R"(",")" +
         supervisor_id() + R"("]})";
}

std::string json_words(const std::vector<std::string>& words) {
  std::string json = "[";
  for (const std::string& word : words) json += (json.size() > 1 ? "," : "") + json_quote(word);
  return json + "]";
}

// Bytes that gzip can only halve, the same in every run.
std::string heap_bytes(const std::string& vat_id, uint64_t position, size_t size) {
  std::string bytes;
  for (uint64_t n = 0; bytes.size() < size; ++n) {
    bytes += sha256_hex(vat_id + "/" + std::to_string(position) + "/" + std::to_string(n));
  }
  bytes.resize(size);
  return bytes;
}

std::string message(uint64_t number, int calls) {
  std::string json = R"({"d":["message","o+0",{"methargs":{"body":"#[\"add\",[)" +
                     std::to_string(number) + R"(]]","slots":[]},"result":"p-6"}],"sc":[)";
  for (int i = 0; i < calls; ++i) {
    json += i == 0 ? "" : ",";
    json += R"({"s":["vatstoreGet","key)" + std::to_string(i) + R"("],"r":["ok","value )" +
            std::to_string(number) + R"("]})";
  }
  return json + R"(],"r":{"status":"ok","metering":{"computrons":)" +
         std::to_string(1000 + number) + "}}}";
}

}  // namespace

SwingstoreFixture::SwingstoreFixture() {
  bundles_[lockdown_id()] = lockdown_text();
  bundles_[supervisor_id()] = worker_bundle("supervisor");
  kv_ = {{"crankNumber", "77"},
         {"host.height", "1015"},
         {"kernel.defaultManagerType", "xsnap"},
         {"kernel.snapshotInitial", "3"},
         {"kernel.snapshotInterval", "20"},
         {"version", "3"}};
  write_lists();
}

std::string SwingstoreFixture::lockdown_text() { return worker_bundle("lockdown"); }
std::string SwingstoreFixture::lockdown_id() { return "b0-" + sha256_hex(lockdown_text()); }

std::string SwingstoreFixture::bundle_id(const std::string& vat_id, uint64_t incarnation) {
  return "b1-" + sha512_hex(compartment_map(vat_id, incarnation));
}

SwingstoreFixture& SwingstoreFixture::vat(const std::string& id, const std::string& name,
                                          FixtureVatOptions options) {
  vats_.push_back(Vat{.id = id, .name = name, .options = options});
  last().spans.push_back({.hash = kEmptySpan});
  write_options();
  write_lists();
  if (!options.local) begin_incarnation();
  return *this;
}

void SwingstoreFixture::begin_incarnation() {
  const std::string id = bundle_id(last().id, last().incarnation);
  bundles_[id] = code_of(last().id, last().incarnation);
  kv_[last().id + ".source"] = R"({"bundleID":")" + id + R"("})";
  append(R"({"d":["initialize-worker",{"source":{"bundleID":")" + id + R"("},"workerOptions":)" +
         worker_options(false) + R"(}],"sc":[],"r":{"status":"ok"}})");
  append(R"({"d":["startVat",{"body":"#{}","slots":[]}],"sc":[{"s":["vatstoreGet","idCounters"],)"
         R"("r":["ok",null]}],"r":{"status":"ok","metering":{"computrons":5000}}})");
}

void SwingstoreFixture::write_options() {
  const Vat& vat = last();
  kv_[vat.id + ".options"] = R"({"workerOptions":)" + worker_options(vat.options.local) +
                             R"(,"name":)" + json_quote(vat.name) +
                             R"(,"enableDisavow":false,"useTranscript":true,"critical":false)" +
                             (vat.options.metered ? R"(,"meterID":"m1"})" : "}");
}

void SwingstoreFixture::write_lists() {
  std::vector<std::string> names;
  std::vector<std::string> dynamic;
  for (const Vat& vat : vats_) {
    const bool gone =
        std::find(terminated_.begin(), terminated_.end(), vat.id) != terminated_.end();
    if (vat.options.is_static) {
      names.push_back(vat.name);
      kv_["vat.name." + vat.name] = vat.id;
    } else if (!gone) {
      dynamic.push_back(vat.id);
    }
  }
  kv_["vat.names"] = json_words(names);
  kv_["vat.dynamicIDs"] = json_words(dynamic);
  kv_["vats.terminated"] = json_words(terminated_);
}

void SwingstoreFixture::append(const std::string& json) {
  Span& span = last().spans.back();
  span.hash = sha256_hex(span.hash + sha256_hex(json));
  span.end = last().items.size() + 1;
  last().items.push_back(json);
}

void SwingstoreFixture::close_span(uint64_t next_incarnation) {
  last().spans.back().current = false;
  const uint64_t at = last().items.size();
  last().incarnation = next_incarnation;
  last().spans.push_back(
      {.begin = at, .end = at, .hash = kEmptySpan, .incarnation = next_incarnation});
}

SwingstoreFixture& SwingstoreFixture::item(const std::string& json) {
  append(json);
  return *this;
}

SwingstoreFixture& SwingstoreFixture::deliver(int count, int calls_each) {
  for (int i = 0; i < count; ++i) append(message(last().items.size(), calls_each));
  return *this;
}

SwingstoreFixture& SwingstoreFixture::snapshot(size_t size) {
  save_and_load(size, "");
  return *this;
}

SwingstoreFixture& SwingstoreFixture::snapshot_loaded_as(const std::string& hash) {
  save_and_load(5000, hash);
  return *this;
}

void SwingstoreFixture::save_and_load(size_t size, const std::string& loaded) {
  const uint64_t position = last().items.size();
  for (Heap& old : last().heaps) old.in_use = false;
  Heap heap{.position = position, .bytes = heap_bytes(last().id, position, size)};
  heap.hash = sha256_hex(heap.bytes);
  append(R"({"d":["save-snapshot"],"sc":[],"r":{"status":"ok","snapshotID":")" + heap.hash +
         R"("}})");
  close_span(last().incarnation);
  append(R"({"d":["load-snapshot",{"snapshotID":")" + (loaded.empty() ? heap.hash : loaded) +
         R"("}],"sc":[],"r":{"status":"ok"}})");
  last().heaps.push_back(std::move(heap));
}

SwingstoreFixture& SwingstoreFixture::upgrade() {
  append(R"({"d":["bringOutYourDead"],"sc":[],"r":{"status":"ok","metering":{"computrons":9}}})");
  append(R"({"d":["shutdown-worker"],"sc":[],"r":{"status":"ok"}})");
  for (Heap& old : last().heaps) old.in_use = false;
  close_span(last().incarnation + 1);
  begin_incarnation();
  return *this;
}

SwingstoreFixture& SwingstoreFixture::terminate() {
  last().spans.back().current = false;
  for (Heap& heap : last().heaps) heap.in_use = false;
  terminated_.push_back(last().id);
  write_lists();
  return *this;
}

SwingstoreFixture& SwingstoreFixture::prune_items(uint64_t span_start) {
  for (Span& span : last().spans) {
    if (span.begin == span_start) span.pruned = true;
  }
  return *this;
}

SwingstoreFixture& SwingstoreFixture::prune_heap(uint64_t position) {
  for (Heap& heap : last().heaps) {
    if (heap.position == position) heap.pruned = true;
  }
  return *this;
}

SwingstoreFixture& SwingstoreFixture::prune_bundle(const std::string& bundle_id) {
  bundles_[bundle_id].clear();
  return *this;
}

SwingstoreFixture& SwingstoreFixture::kv(const std::string& key, const std::string& value) {
  kv_[key] = value;
  return *this;
}

SwingstoreFixture& SwingstoreFixture::drop_kv(const std::string& key) {
  kv_.erase(key);
  return *this;
}

const SwingstoreFixture::Vat& SwingstoreFixture::find(const std::string& vat_id) const {
  const auto found =
      std::find_if(vats_.begin(), vats_.end(), [&](const Vat& vat) { return vat.id == vat_id; });
  RECRANK_CHECK(found != vats_.end());
  return *found;
}

const std::string& SwingstoreFixture::text(const std::string& vat_id, uint64_t position) const {
  return find(vat_id).items.at(position);
}

const std::string& SwingstoreFixture::heap(const std::string& vat_id, uint64_t position) const {
  const Vat& vat = find(vat_id);
  const auto found = std::find_if(vat.heaps.begin(), vat.heaps.end(),
                                  [&](const Heap& heap) { return heap.position == position; });
  RECRANK_CHECK(found != vat.heaps.end());
  return found->bytes;
}

void flip_byte(const std::filesystem::path& path, uint64_t offset, unsigned char mask) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const int byte = file.get();
  ASSERT_NE(byte, EOF) << path << " is shorter than " << offset;
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ mask));
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

uint64_t find_once(const std::filesystem::path& path, std::string_view text) {
  const std::string bytes = read_file(path);
  const size_t at = bytes.find(text);
  EXPECT_NE(at, std::string::npos) << "not in " << path << ": " << text;
  EXPECT_EQ(bytes.find(text, at + 1), std::string::npos) << "twice in " << path << ": " << text;
  return at;
}

std::string gzip(std::string_view bytes) {
  z_stream z{};
  RECRANK_CHECK(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&z, bytes.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  RECRANK_CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string out;
  std::string directory;
  for (const auto& [name, content] : members) {
    std::string shared;
    add_number(shared, 10, 2);         // version needed
    add_number(shared, 0, 2 + 2);      // flags, method
    add_number(shared, 0x21'0000, 4);  // the first day of 1980
    add_number(shared, crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()),
               4);
    add_number(shared, content.size(), 4);
    add_number(shared, content.size(), 4);
    add_number(shared, name.size(), 2);
    add_number(shared, 0, 2);
    directory += "PK\x01\x02\x1e\x03" + shared;
    add_number(directory, 0, 2 + 2 + 2);
    add_number(directory, 0100644U << 16, 4);
    add_number(directory, out.size(), 4);
    directory += name;
    out += "PK\x03\x04" + shared + name + content;
  }
  const size_t begin = out.size();
  out += directory + "PK\x05\x06";
  add_number(out, 0, 4);
  add_number(out, members.size(), 2);
  add_number(out, members.size(), 2);
  add_number(out, directory.size(), 4);
  add_number(out, begin, 4);
  add_number(out, 0, 2);
  return out;
}

}  // namespace recrank
