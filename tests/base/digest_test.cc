#include "base/digest.h"
#include "base/hex.h"

#include <gtest/gtest.h>

#include "base/hash.h"

namespace recrank {
namespace digest_test {

TEST(Digest, IsTheSameAsThatOfTheOtherInterface) {
  EXPECT_EQ(to_hex(bytes_of(sha256_digest({"ab", "", "c"}))), sha256_hex("abc"));
  const std::string block(64, 'x');
  EXPECT_EQ(to_hex(bytes_of(sha256_digest({block, "y"}))), sha256_hex(block + "y"));
}

TEST(Digest, RepeatedIsHashedOnceMoreEachTime) {
  Digest value = sha256_digest({"seed"});
  Digest slow = value;
  sha256_repeat(value, 0);
  EXPECT_EQ(value, slow);
  for (int i = 0; i < 5; ++i) slow = sha256_digest({bytes_of(slow)});
  sha256_repeat(value, 5);
  EXPECT_EQ(value, slow);
}

}  // namespace digest_test
}  // namespace recrank
