#include "snapshot/capsule_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "snapshot/capsule_format.h"

namespace recrank {
namespace {

std::string encoded(const Step& step) {
  std::string bytes;
  encode_capsule_step(step, "here", [&](std::string_view piece) { bytes += piece; });
  EXPECT_EQ(bytes.size(), capsule_step_bytes(step));
  return bytes;
}

uint64_t decoded(const std::string& bytes, Step& step) {
  size_t at = 0;
  return decode_capsule_step(step, bytes.size(), "here", [&](char* data, size_t size) {
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

TEST(CapsuleStep, AnyTruncationIsRefusedWithItsPlace) {
  Step step;
  fill(step);
  const std::string bytes = encoded(step);
  Step read;
  EXPECT_EQ(decoded(bytes, read), bytes.size());
  EXPECT_EQ(read.calls.front().call, R"(["vatstoreGet","k"])");
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

TEST(CapsuleStep, WhatCouldNotBeReadIsNotWritten) {
  Step step;
  const std::string text(1 << 20, 'x');
  step.calls.assign((kCapsuleStepBytesMax >> 20) + 1, {text, text});
  EXPECT_THROW(encoded(step), Error);
}

}  // namespace
}  // namespace recrank
