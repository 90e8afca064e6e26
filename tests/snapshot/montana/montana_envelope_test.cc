#include "snapshot/montana/montana_envelope.h"
#include "base/little_endian.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "snapshot/montana/montana_tables.h"
#include "tests/support/snapshot/evidence_state.h"
#include "tests/support/snapshot/montana_generator.h"

namespace recrank::montana {
namespace montana_envelope_test {

using testing::HasSubstr;

std::string envelope_bytes(uint64_t window) {
  const ScratchDir scratch;
  MontanaGenerator generator(scratch.path() / "node");
  generator.run(window);
  return read_bytes(generator.proposal(window));
}

std::string refusal(const std::string& bytes, uint64_t window) {
  try {
    static_cast<void>(parse_envelope(bytes, window));
    return "parsed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
    return error.what();
  }
}

TEST(MontanaEnvelope, HoldsTheBundlesOfTwoWindows) {
  const std::string bytes = envelope_bytes(3);
  const Envelope envelope = parse_envelope(bytes, 3);
  EXPECT_EQ(envelope.window, 3U);
  ASSERT_EQ(envelope.confirming.size(), 2U);
  ASSERT_EQ(envelope.own.size(), 2U);
  EXPECT_EQ(envelope.confirming[0].window, 2U);
  EXPECT_EQ(envelope.own[0].window, 3U);
  EXPECT_EQ(digest_at(envelope.own[0].node_id, 0), MontanaGenerator::id("node", 0));
  EXPECT_EQ(envelope.own[0].reveals, 1U);
}

TEST(MontanaEnvelope, CutAnywhereIsRefused) {
  const std::string bytes = envelope_bytes(2);
  for (size_t size = 0; size < bytes.size(); size += size < 60 || size > 3700 ? 7 : 331) {
    EXPECT_THAT(refusal(bytes.substr(0, size), 2), HasSubstr("cut off")) << size;
  }
  EXPECT_EQ(refusal(bytes, 2), "parsed");
}

TEST(MontanaEnvelope, WithMoreBehindItIsRefused) {
  EXPECT_THAT(refusal(envelope_bytes(2) + "x", 2), HasSubstr("1 bytes too many"));
}

TEST(MontanaEnvelope, CountsThatTheBytesDoNotBearOutAreRefused) {
  std::string bytes = envelope_bytes(1);  // no bundles of the window before
  bytes[kHeaderBytes] = '\xff';
  bytes[kHeaderBytes + 1] = '\xff';
  EXPECT_THAT(refusal(bytes, 1), HasSubstr("cut off"));
  bytes = envelope_bytes(2);
  const size_t operations = kHeaderBytes + 2 + kBundleFixedBytes;
  bytes[operations] = '\xff';
  bytes[operations + 1] = '\xff';
  EXPECT_THAT(refusal(bytes, 2), HasSubstr("bundle 0 of the list of bundles of the window before"));
}

TEST(MontanaTables, PackedHeadIsReadAsItWasWritten) {
  const ScratchDir scratch;
  PackedHead head;
  head.window = 7;
  head.clock_hashes = 325;
  head.clock_before = sha256_digest({"t"});
  head.header = std::string(kHeaderBytes, '\0');
  write_number(head.header.data() + kWindow, 7, 8);
  head.records = {1, 0, 2};
  const std::string tables(kNodeBytes + 2 * kAccountBytes, 'r');
  const std::string hashes(3 * sizeof(Digest), 'h');
  const auto refuse = [&](const std::string& bytes) -> std::string {
    write_bytes(scratch.path() / "packed", bytes);
    const UniqueFd fd = open_for_read(scratch.path() / "packed");
    try {
      const PackedHead read = read_packed_head(fd.get(), "packed");
      EXPECT_EQ(read.window, 7U);
      EXPECT_EQ(read.clock_hashes, 325U);
      EXPECT_EQ(read.clock_before, head.clock_before);
      EXPECT_EQ(read.records, head.records);
      EXPECT_EQ(read.header, head.header);
      return "read";
    } catch (const Error& error) {
      return error.what();
    }
  };
  const std::string good = encode(head) + tables + hashes;
  EXPECT_EQ(refuse(good), "read");
  EXPECT_THAT(refuse(good.substr(0, 100)), HasSubstr("too short"));
  EXPECT_THAT(refuse(good + "x"), HasSubstr("its counts make"));
  EXPECT_THAT(refuse(encode(head) + tables), HasSubstr("its counts make"));
  std::string first_version = encode(head) + tables;
  first_version[7] = '\1';
  EXPECT_EQ(refuse(first_version), "read");
  EXPECT_THAT(refuse(first_version + hashes), HasSubstr("its counts make"));
  EXPECT_THAT(refuse("x" + good.substr(1)), HasSubstr("no packed tables"));
  std::string counts = good;
  counts[64 + 7] = '\xff';
  EXPECT_THAT(refuse(counts), HasSubstr("impossible count"));
  std::string other = good;
  other[88 + kWindow] = '\x08';
  EXPECT_THAT(refuse(other), HasSubstr("of another window"));
}

}  // namespace montana_envelope_test
}  // namespace recrank::montana
