#include "snapshot/stellar/ledger_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/scratch_dir.h"
#include "tests/support/snapshot/ledger_fixture.h"

namespace recrank::stellar {
namespace ledger_input_test {

using testing::HasSubstr;

constexpr size_t kBeforeHash = 3 * 4 + 4 + 4 + 4 + 8;  // the batch, form and fee extension

class LedgerInput : public testing::Test {
 protected:
  static std::string complaint(const std::string& batch, uint64_t seq = 125) {
    try {
      (void)parse_ledger_input(batch, seq);
    } catch (const Error& error) {
      return error.what();
    }
    return "taken";
  }
  const std::vector<MadeLedger> ledgers_ = make_ledgers(120, 20);
  const MadeLedger& ledger_ = ledgers_.at(5);
  const std::string batch_ = ledger_batch(ledger_);
};

TEST_F(LedgerInput, GivesTheHeaderWithItsHash) {
  const auto input = parse_ledger_input(batch_, 125);
  EXPECT_EQ(input.ledger_hash, ledger_.hash);
  EXPECT_EQ(input.header.tx_set_hash, ledger_.header.tx_set_hash);
  EXPECT_EQ(input.header.close_time, ledger_.header.close_time);
}

TEST_F(LedgerInput, EachBitThatIsExecutedIsCovered) {
  const size_t header_end = kBeforeHash + 32 + ledger_.xdr.size();
  const size_t end = header_end + 4 + ledger_.tx_set.size();
  for (size_t at = kBeforeHash; at < end; ++at) {
    // The extension behind the header is not executed, nor is the count of results behind the set.
    if (at >= header_end && at < header_end + 4) continue;
    std::string changed = batch_;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    EXPECT_NE(complaint(changed), "taken") << "byte " << at;
  }
}

TEST_F(LedgerInput, WhatIsWrongIsNamed) {
  std::string changed = batch_;
  changed[kBeforeHash + 32 + 4 + 32 + 32 + 7] ^= 1;  // the time
  EXPECT_THAT(complaint(changed), HasSubstr("the header's sha256 is "));
  changed = batch_;
  changed[kBeforeHash + 32 + ledger_.xdr.size() + 4 + 10] ^= 1;
  EXPECT_THAT(complaint(changed),
              HasSubstr("no part of them has the hash " + ledger_.header.tx_set_hash));
  EXPECT_EQ(complaint(batch_, 126), "it holds the ledgers 125 to 125");
  EXPECT_EQ(complaint(batch_.substr(0, 40)), "it ends too early");
  changed = batch_;
  changed[7] = 126;
  EXPECT_EQ(complaint(changed), "a batch of several ledgers");
}

TEST_F(LedgerInput, ADamagedFileIsNamed) {
  const ScratchDir scratch;
  write_ledger_input(scratch.path(), ledger_);
  const auto file = scratch.path() / "125.xdr.zst";
  EXPECT_EQ(read_ledger_input(file, 125, "cdp/125").ledger_hash, ledger_.hash);
  std::ofstream(file) << "no frame";
  EXPECT_THROW((void)read_ledger_input(file, 125, "cdp/125"), Error);
}

}  // namespace ledger_input_test
}  // namespace recrank::stellar
