// What a damaged or hostile capsule does: it is refused with its file, or reads as if sound.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/hash.h"
#include "base/scratch_dir.h"
#include "snapshot/agoric/setup_names.h"
#include "snapshot/capsule/capsule.h"
#include "snapshot/capsule/capsule_blocks.h"
#include "snapshot/capsule/capsule_format.h"
#include "snapshot/capsule/capsule_manifest.h"
#include "snapshot/capsule/capsule_step.h"
#include "snapshot/io/zstd_stream.h"
#include "snapshot/journal/dialect_names.h"
#include "snapshot/lmdb/lmdb_file_writer.h"
#include "snapshot/open/open_recording.h"
#include "tests/support/snapshot/capsule_fixture.h"
#include "tests/support/snapshot/evidence_state.h"

namespace recrank {
namespace capsule_damage_test {

using namespace agoric;
using namespace program;

namespace fs = std::filesystem;
using testing::HasSubstr;

class CapsuleDamage : public testing::Test {
 protected:
  CapsuleDamage() {
    add_odd_steps(recording_.fake());
    recording_.heap(8, 10'000);
    recording_.fake().setup().set(kVatBundle, R"({"source":"x"})");
    recording_.fake().setup().set(kLockdown, std::string(5000, 'l'));
    CapsuleRequest request = whole_of(recording_);
    request.more_checkpoints = {recording_.checkpoints("v1").back()};
    request.verdict = {"clean", std::nullopt, "", "clean"};
    file_ = scratch_.path() / "x.crank";
    write_capsule(recording_, request, file_);
    sound_ = read_bytes(file_);
    text_ = all_of(recording_);
  }

  // From now on it is about this recording's capsule.
  void take(const HeapRecording& recording, const CapsuleRequest& request) {
    fs::remove(file_);
    write_capsule(recording, request, file_);
    sound_ = read_bytes(file_);
    text_ = all_of(recording);
  }

  // Every byte of heads and meta records is flipped, elsewhere every seventh; how many are found.
  void flip_all();

  // Empty: all was read and equal. Else why not; anything else fails the test.
  std::string look(const std::string& bytes) {
    write_bytes(file_, bytes);
    try {
      const auto capsule = open_recording(file_);
      const HashReport hashes = capsule->verify({});
      if (!hashes.damage.empty()) {
        EXPECT_THAT(hashes.damage.front().place, HasSubstr("x.crank"));
        // The same must show on reading, or be of no account for it.
        return "damage: " + hashes.damage.front().place + ": " + hashes.damage.front().what;
      }
      EXPECT_EQ(all_of(*capsule), text_);
      return "";
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::kInvalidData ||
                  error.code() == ErrorCode::kUnsupported)
          << error.what();
      EXPECT_THAT(error.what(), HasSubstr("x.crank"));
      return error.what();
    }
  }

  HeapRecording recording_;
  ScratchDir scratch_;
  fs::path file_;
  std::string sound_;
  std::string text_;
};

void CapsuleDamage::flip_all() {
  ASSERT_EQ(look(sound_), "");
  size_t found = 0;
  size_t looked = 0;
  // Every byte of heads and meta records; elsewhere every seventh.
  for (size_t at = 0; at < sound_.size(); at += at % 4096 < 160 ? size_t{1} : size_t{7}) {
    const bool zero = sound_[at] == '\0';
    if (zero && at % 4096 >= 160 && at % 97 != 0) continue;  // the gaps between the records
    std::string bytes = sound_;
    bytes[at] = static_cast<char>(bytes[at] ^ (at % 2 == 0 ? 0x01 : 0x80));
    ++looked;
    if (!look(bytes).empty()) ++found;
    if (HasFailure()) FAIL() << "byte " << at;
  }
  EXPECT_GT(found, looked / 4);
}

TEST_F(CapsuleDamage, AnyFlippedByteIsFoundOrOfNoAccount) { flip_all(); }

TEST_F(CapsuleDamage, AnyFlippedByteOfANodesCapsuleIsFoundOrOfNoAccount) {
  HeapRecording node;
  make_node(node);
  take(node, whole_of(node));
  flip_all();
}

TEST_F(CapsuleDamage, NoFlippedByteGivesAStepAnotherContent) {
  for (size_t at = 8192; at < sound_.size(); at += 11) {
    if (sound_[at] == '\0') continue;
    std::string bytes = sound_;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    write_bytes(file_, bytes);
    try {  // without verify(), as a stream that is read at once
      EXPECT_EQ(all_of(*open_recording(file_)), text_) << "byte " << at;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kUsage) << "byte " << at << ": " << error.what();
    }
  }
}

TEST_F(CapsuleDamage, AnyTruncationIsFound) {
  for (size_t size = 0; size < sound_.size(); size += size < 16384 ? 97 : 1024) {
    EXPECT_NE(look(sound_.substr(0, size)), "") << size;
  }
  EXPECT_NE(look(sound_.substr(0, sound_.size() - 1)), "");
  EXPECT_EQ(look(sound_ + "behind"), "");
}

TEST_F(CapsuleDamage, ADamagedMetaPageIsNamed) {
  std::string bytes = sound_;
  bytes[16] = 'x';
  EXPECT_THAT(look(bytes), HasSubstr("meta page 0 is damaged"));
  bytes = sound_;
  bytes[4096 + 16] = 'x';
  EXPECT_THAT(look(bytes), HasSubstr("meta page 1 is damaged"));
}

// A capsule written by hand, with one thing wrong.
class HostileCapsule : public testing::Test {
 protected:
  HostileCapsule() {
    manifest_.dialect = "xsnap-2024";
    manifest_.created_by = "somebody";
    manifest_.origin_kind = "sst";
    manifest_.subject.id = "v1";
    manifest_.subject.held = {{0, 2}};
    manifest_.setups.emplace_back();
    manifest_.checkpoints.emplace_back();
    Step step;
    step.delivery = "[]";
    CapsuleBlockWriter block;
    block.add(step, "here");
    step.number = 1;
    block.add(step, "here");
    block_ = block.take();
    manifest_.blocks = 1;
    manifest_.steps_sha256 = sha256_hex(block_.substr(0, 64));
  }

  static std::string seal(std::string body) { return sha256_hex(body) + body; }
  static std::string frame(std::string_view raw) {
    std::string out;
    ZstdPacker packer([&](std::string_view piece) { out += piece; });
    packer.write(raw);
    packer.finish();
    return out;
  }
  static std::string number(uint64_t value, int bytes = 8) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
    return out;
  }

  // What opening and reading it says.
  std::string read(const std::string& manifest_text) {
    const fs::path file = scratch_.path() / "h.crank";
    fs::remove(file);
    {
      const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
      LmdbFileWriter out(fd.get(), "h.crank", kCapsuleMark);
      out.put(std::string(kCapsuleKey), manifest_text);
      out.put(std::string(kCapsuleHashKey), sha256_hex(manifest_text));
      out.put(capsule_steps_key(0), block_);
      for (const auto& [key, value] : more_) out.put(key, value);
      out.finish();
    }
    try {
      const auto capsule = open_recording(file);
      (void)all_of(*capsule);
      const HashReport hashes = capsule->verify({});
      return hashes.damage.empty() ? "sound" : hashes.damage.front().what;
    } catch (const Error& error) {
      return error.what();
    }
  }
  std::string read() { return read(write_capsule_manifest(manifest_)); }

  ScratchDir scratch_;
  CapsuleManifest manifest_;
  std::string block_;
  std::vector<std::pair<std::string, std::string>> more_;
};

TEST_F(HostileCapsule, IsSoundAsLongAsNothingIsWrong) { EXPECT_EQ(read(), "sound"); }

TEST_F(HostileCapsule, WrongManifestsAreRefused) {
  const std::string good = write_capsule_manifest(manifest_);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return read(text.replace(at, from.size(), to));
  };
  EXPECT_THAT(read(std::string(1 << 20, '[')), HasSubstr("JSON"));
  EXPECT_THAT(read("{\"x\":" + std::string(100'000, '[')), HasSubstr("JSON"));
  EXPECT_THAT(read("{}"), HasSubstr("lacks 'schema'"));
  EXPECT_THAT(read(good + " x"), HasSubstr("JSON"));
  EXPECT_THAT(with("recrank.capsule/1", "recrank.capsule/3"), HasSubstr("schema"));
  EXPECT_THAT(with("\"era\":\"2024\"", "\"era\":\"2024\",\"era\":\"2021\""),
              HasSubstr("'era' twice"));
  EXPECT_THAT(with("\"from\":0,\"to\":1", "\"from\":0,\"from\":0,\"to\":1"),
              HasSubstr("'from' twice"));
  EXPECT_THAT(with("\"era\":\"2024\"", "\"era\":\"\\u001b[31m\""), HasSubstr("is no dialect"));
  EXPECT_THAT(with("\"to\":1", "\"to\":18446744073709551615"), HasSubstr("steps.to: not a number"));
  EXPECT_THAT(with("\"to\":1", "\"to\":7"), HasSubstr("blocks"));
  EXPECT_THAT(with("\"to\":1", "\"to\":-1"), HasSubstr("not a number"));
  EXPECT_THAT(with("\"blocks\":1", "\"blocks\":2"),
              HasSubstr("are not those that the manifest names"));
  EXPECT_THAT(with("\"blocks\":1", "\"blocks\":99"), HasSubstr("99 blocks"));
  EXPECT_THAT(with("\"id\":\"v1\"", "\"id\":\"\""), HasSubstr("no id"));
  EXPECT_THAT(with(manifest_.steps_sha256, std::string(64, 'g')), HasSubstr("is not a sha256"));
  EXPECT_THAT(with(manifest_.steps_sha256, std::string(64, 'a')), HasSubstr("are not those"));
  EXPECT_THAT(with("\"setups\":[{", "\"setups\":[{\"vat_bundle\":\"../../etc/passwd\","),
              HasSubstr("is not a sha256"));
  EXPECT_THAT(with("\"setups\":[{\"from\":0", "\"setups\":[{\"from\":1"),
              HasSubstr("setups do not begin"));
  EXPECT_THAT(with("\"kind\":\"genesis\"", "\"kind\":\"heap-snapshot\""),
              HasSubstr("has no bytes"));
  EXPECT_THAT(with("\"next_step\":0", "\"next_step\":1"), HasSubstr("checkpoints do not begin"));
  // What a later version may add is passed over.
  EXPECT_EQ(with("\"era\"", "\"later\":{\"a\":[1]},\"era\""), "sound");
}

// What only the second schema has: under the first one an older reader would misread it.
TEST_F(HostileCapsule, ASchemaThatIsTooLowIsRefused) {
  const std::string good = write_capsule_manifest(manifest_);
  EXPECT_THAT(good, HasSubstr("recrank.capsule/1"));
  const auto low = [&](const std::function<void(CapsuleManifest&)>& change) {
    CapsuleManifest manifest = manifest_;
    change(manifest);
    std::string text = write_capsule_manifest(manifest);
    const std::string second = "recrank.capsule/2";
    const size_t at = text.find(second);
    EXPECT_NE(at, std::string::npos) << text;
    EXPECT_EQ(read(text), "sound");
    return read(text.replace(at, second.size(), "recrank.capsule/1"));
  };
  const auto refused = HasSubstr("holds what its schema, recrank.capsule/1, does not have");
  EXPECT_THAT(low([](auto& m) { m.dialect = kProcessDialect; }), refused);
  EXPECT_THAT(low([](auto& m) { m.subject.kind = "node"; }), refused);
  EXPECT_THAT(low([](auto& m) { m.setups.clear(); }), refused);
  EXPECT_THAT(low([](auto& m) { m.checkpoints.front().checkpoint.kind = CheckpointKind::kOwn; }),
              refused);
  manifest_.form_max = CapsuleForm::kWhole;
  EXPECT_THAT(write_capsule_manifest(manifest_), HasSubstr("recrank.capsule/2"));
  Step step;
  step.delivery = "[]";
  step.block = 3;
  CapsuleBlockWriter block;
  block.add(step, "here");
  step.number = 1;
  block.add(step, "here");
  block_ = block.take();
  manifest_.steps_sha256 = sha256_hex(block_.substr(0, 64));
  EXPECT_EQ(read(), "sound");
  manifest_.form_max = CapsuleForm::kVat;
  EXPECT_THAT(read(), HasSubstr("form 1"));
}

TEST_F(HostileCapsule, AHashThatIsNotTheManifestsIsRefused) {
  const fs::path file = scratch_.path() / "m.crank";
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  LmdbFileWriter out(fd.get(), "m.crank", kCapsuleMark);
  out.put(std::string(kCapsuleKey), write_capsule_manifest(manifest_));
  out.put(std::string(kCapsuleHashKey), std::string(64, '0'));
  out.put(capsule_steps_key(0), block_);
  out.finish();
  EXPECT_THAT(error_of([&] { (void)open_recording(file); }).what(),
              HasSubstr("manifest: has sha256"));
}

TEST_F(HostileCapsule, LengthsThatLieAreRefusedAndCostNoMemory) {
  const auto record = [&](uint64_t delivery, uint64_t calls) {
    return number(0) + number(0) + std::string(4, '\0') + number(delivery, 4) + number(0, 4) +
           number(0, 4) + number(calls, 4);
  };
  const auto with_raw = [&](const std::string& raw, uint64_t claimed) {
    block_ = seal(number(0) + number(2) + number(claimed) + frame(raw));
    manifest_.steps_sha256 = sha256_hex(block_.substr(0, 64));
    return read();
  };
  EXPECT_THAT(with_raw(record(0xFFFFFFFF, 0), 36), HasSubstr("of 4294967295 bytes"));
  EXPECT_THAT(with_raw(record(0xFFFFFFF0, 0), UINT64_MAX), HasSubstr("of 4294967280 bytes"));
  EXPECT_THAT(with_raw(record(0x1FFFFFF0, 0), UINT64_MAX), HasSubstr("ends early"));
  EXPECT_THAT(with_raw(record(0, 0xFFFFFFFF), UINT64_MAX), HasSubstr("4294967295 calls"));
  EXPECT_THAT(with_raw(record(0, 9'000'000), UINT64_MAX), HasSubstr("ends early"));
  EXPECT_THAT(with_raw(record(0, 0), 36), HasSubstr("a head of 36 bytes"));
  std::string two = record(0, 0) + record(0, 0);
  EXPECT_THAT(with_raw(two, two.size()), HasSubstr("step 1: has number 0"));
  two[36] = 1;
  EXPECT_EQ(with_raw(two, two.size()), "sound");
  EXPECT_THAT(with_raw(two + "x", two.size() + 1), HasSubstr("bytes behind its last step"));
  EXPECT_THAT(with_raw(two + "x", two.size()), HasSubstr("bytes behind its last step"));
  two[16] = 5;
  EXPECT_THAT(with_raw(two, two.size()), HasSubstr("kind 5"));
  two[16] = 0;
  two[17] = 4;
  EXPECT_THAT(with_raw(two, two.size()), HasSubstr("status 4"));
}

TEST_F(HostileCapsule, FactsThatLieAreRefusedAndCostNoMemory) {
  manifest_.form_max = CapsuleForm::kWhole;
  const auto record = [&](uint64_t result, uint64_t facts) {
    return number(0) + number(0) + std::string(3, '\0') + number(1, 1) + std::string(16, '\0') +
           number(result, 4) + number(0, 8) + number(facts, 4) + std::string(16, '\0');
  };
  const auto with_raw = [&](const std::string& raw, uint64_t claimed) {
    block_ = seal(number(0) + number(2) + number(claimed) + frame(raw));
    manifest_.steps_sha256 = sha256_hex(block_.substr(0, 64));
    return read();
  };
  EXPECT_THAT(with_raw(record(0xFFFFFFFF, 0), UINT64_MAX), HasSubstr("of 4294967295 bytes"));
  EXPECT_THAT(with_raw(record(0x1FFFFFF0, 0), UINT64_MAX), HasSubstr("ends early"));
  EXPECT_THAT(with_raw(record(0, 0xFFFFFFFF), UINT64_MAX), HasSubstr("4294967295 facts"));
  EXPECT_THAT(with_raw(record(0, 900'000), UINT64_MAX), HasSubstr("ends early"));
  EXPECT_THAT(with_raw(record(0, 900'000), 68), HasSubstr("a list of facts"));
}

TEST_F(HostileCapsule, RecordsThatNobodyNamedAreDamage) {
  more_ = {{"extra", "x"}};
  EXPECT_THAT(read(), HasSubstr("does not know of it"));
  more_ = {{capsule_steps_key(1), block_}};
  EXPECT_NE(read(), "sound");
}

TEST_F(HostileCapsule, AValueThatUnpacksToMoreThanItSaysIsRefused) {
  const std::string text(100, 'b');
  const std::string sha256 = sha256_hex(text);
  manifest_.setups.front().apart.push_back({"vat-bundle", sha256});
  EXPECT_THAT(read(), HasSubstr("is missing"));
  const auto with = [&](const std::string& value) {
    more_ = {{capsule_value_key(sha256), value}};
    return read();
  };
  EXPECT_EQ(with(number(100) + frame(text)), "sound");
  EXPECT_THAT(with(number(99) + frame(text)), HasSubstr("more than its 99 bytes"));
  EXPECT_THAT(with(number(101) + frame(text)), HasSubstr("ends after 100 of 101"));
  EXPECT_THAT(with(number(UINT64_MAX) + frame(text)), HasSubstr("more than may be there"));
  EXPECT_THAT(with(number(100) + frame(std::string(100, 'c'))), HasSubstr("has sha256"));
  EXPECT_THAT(with(number(100) + frame(text) + "x"), HasSubstr("behind the zstd frame"));
  EXPECT_THAT(with(number(100) + frame(text).substr(0, 10)), HasSubstr("cut off"));
  EXPECT_THAT(with("short"), HasSubstr("shorter than its head"));
}

}  // namespace capsule_damage_test
}  // namespace recrank
