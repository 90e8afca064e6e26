#include "snapshot/capsule/capsule_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "snapshot/capsule/capsule_format.h"

namespace recrank {
namespace capsule_step_test {

std::string encoded(const Step& step) {
  std::string bytes;
  encode_capsule_step(step, "here", [&](std::string_view piece) { bytes += piece; });
  EXPECT_EQ(bytes.size(), capsule_step_bytes(step));
  return bytes;
}

uint64_t decoded(const std::string& bytes, Step& step, CapsuleForm form_max = CapsuleForm::kWhole) {
  size_t at = 0;
  const std::string place = "here";
  return decode_capsule_step(step, {bytes.size(), place, form_max}, [&](char* data, size_t size) {
    if (size > bytes.size() - at) throw Error(ErrorCode::kInvalidData, "here: ends early");
    std::memcpy(data, bytes.data() + at, size);
    at += size;
  });
}

void fill(Step& step) {
  step.number = 5;
  step.delivery = R"(["startVat",{}])";
  step.calls = {{R"(["vatstoreGet","k"])", R"(["ok",null])"}};
  step.status = RecordedStatus::kOk;
  step.computrons = 1234;
}

TEST(CapsuleStep, HasTheBytesOfItsFormatPage) {
  Step step;
  fill(step);
  const std::string expected = std::string("\x05\0\0\0\0\0\0\0\xd2\x04\0\0\0\0\0\0", 16) +
                               std::string("\0\x01\x01\0", 4) +
                               std::string("\x0f\0\0\0\0\0\0\0\0\0\0\0", 12) +
                               std::string("\x01\0\0\0\x13\0\0\0\x0b\0\0\0", 12) +
                               R"(["startVat",{}]["vatstoreGet","k"]["ok",null])";
  EXPECT_EQ(encoded(step), expected);
}

void fill_whole(Step& step) {
  step.number = 11;
  step.delivery = "window 11";
  step.facts = {{"state_root", "ab12"}, {"proposer", "", true}};
  step.facts_tell_delivery = true;
  step.expected_result = R"({"n":1})";
  step.summary = "2 transfers";
  step.block = 7;
}

TEST(CapsuleStep, AStepOfANodeHasTheBytesOfItsFormatPage) {
  Step step;
  fill_whole(step);
  const std::string expected = std::string("\x0b\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16) +
                               std::string("\0\0\0\x01", 4) +
                               std::string("\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16) +
                               std::string("\x07\0\0\0\x0b\0\0\0\x03\0\0\0\x02\0\0\0", 16) +
                               std::string("\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16) +
                               std::string("\0\0\0\0\x0a\0\0\0\x04\0\0\0", 12) +
                               std::string("\x01\0\0\0\x08\0\0\0\0\0\0\0", 12) +
                               R"(window 11{"n":1}2 transfersstate_rootab12proposer)";
  EXPECT_EQ(encoded(step), expected);
}

TEST(CapsuleStep, GivesBackAllThatANodeRecords) {
  Step step;
  fill_whole(step);
  Step read;
  decoded(encoded(step), read);
  ASSERT_EQ(read.facts.size(), 2U);
  EXPECT_EQ(read.facts[0].name, "state_root");
  EXPECT_EQ(read.facts[0].value, "ab12");
  EXPECT_FALSE(read.facts[0].local);
  EXPECT_EQ(read.facts[1].name, "proposer");
  EXPECT_EQ(read.facts[1].value, "");
  EXPECT_TRUE(read.facts[1].local);
  EXPECT_TRUE(read.facts_tell_delivery);
  EXPECT_EQ(read.expected_result, R"({"n":1})");
  EXPECT_EQ(read.summary, "2 transfers");
  EXPECT_EQ(read.block, 7U);
  EXPECT_EQ(read.crank, std::nullopt);
}

TEST(CapsuleStep, KeepsThatTheRecordingMayEndInsideIt) {
  Step step;
  fill(step);
  step.open_end = true;
  Step read;
  decoded(encoded(step), read);
  EXPECT_TRUE(read.open_end);
  EXPECT_EQ(encoded(read), encoded(step));
}

TEST(CapsuleStep, KeepsThatNobodyRecordedItsCalls) {
  Step step;
  fill(step);
  step.unclaimed = true;
  Step read;
  decoded(encoded(step), read);
  EXPECT_TRUE(read.unclaimed);
  EXPECT_FALSE(read.open_end);
  EXPECT_EQ(encoded(read), encoded(step));
}

// Each byte of the second head and of the rows, with a value that no writer puts there.
TEST(CapsuleStep, ASecondHeadThatNoWriterMakesIsRefused) {
  Step step;
  fill_whole(step);
  const std::string sound = encoded(step);
  struct Wrong {
    size_t at;
    char byte;
    const char* what;
  };
  for (const Wrong& wrong :
       {Wrong{19, 2, "form 2"}, Wrong{44, 32, "flags 32"}, Wrong{44, 1, "block or crank"},
        Wrong{60, 1, "block or crank"}, Wrong{51, 1, "facts"}, Wrong{68, 2, "a fact's flag"},
        Wrong{38, 1, "texts"}, Wrong{43, 127, "texts"}}) {
    std::string bytes = sound;
    bytes[wrong.at] = wrong.byte;
    Step read;
    try {
      decoded(bytes, read);
      ADD_FAILURE() << wrong.at;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      EXPECT_THAT(error.what(), testing::HasSubstr(wrong.what)) << wrong.at;
    }
  }
}

TEST(CapsuleStep, AWholeRecordIsRefusedUnderTheFirstSchema) {
  Step step;
  fill_whole(step);
  Step read;
  EXPECT_THROW(decoded(encoded(step), read, CapsuleForm::kVat), Error);
  Step vat;
  fill(vat);
  EXPECT_NO_THROW(decoded(encoded(vat), read, CapsuleForm::kVat));
}

TEST(CapsuleStep, AWholeRecordWithNothingOfItIsRefused) {
  Step vat;
  fill(vat);
  std::string bytes = encoded(vat);
  bytes[19] = 1;
  bytes.insert(36, 32, '\0');
  Step read;
  EXPECT_THROW(decoded(bytes, read), Error);
}

void check_truncations(const std::string& bytes) {
  Step read;
  EXPECT_EQ(decoded(bytes, read), bytes.size());
  for (size_t size = 0; size < bytes.size(); ++size) {
    try {
      decoded(bytes.substr(0, size), read);
      ADD_FAILURE() << size;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidData);
      EXPECT_THAT(error.what(), testing::StartsWith("here: "));
    }
  }
}

TEST(CapsuleStep, AnyTruncationIsRefusedWithItsPlace) {
  Step vat;
  fill(vat);
  check_truncations(encoded(vat));
  Step node;
  fill_whole(node);
  check_truncations(encoded(node));
}

TEST(CapsuleStep, WhatCouldNotBeReadIsNotWritten) {
  Step step;
  const std::string text(1 << 20, 'x');
  step.calls.assign((kCapsuleStepBytesMax >> 20) + 1, {text, text});
  EXPECT_THROW(encoded(step), Error);
}

}  // namespace capsule_step_test
}  // namespace recrank
