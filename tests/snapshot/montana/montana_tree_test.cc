#include "snapshot/montana/montana_tree.h"
#include "base/hex.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "snapshot/montana/montana_format.h"

namespace recrank::montana {
namespace montana_tree_test {

// The tree by its definition: all 256 levels, rebuilt from all records.
Digest rebuilt(const std::map<Digest, Digest>& leaves) {
  std::vector<Digest> empty{Digest{}};
  for (int i = 0; i < 256; ++i) {
    empty.push_back(tagged_hash("mt-merkle-node", bytes_of(empty.back()), bytes_of(empty.back())));
  }
  using Keys = std::vector<Digest>;
  const std::function<Digest(const Keys&, unsigned)> build = [&](const Keys& keys,
                                                                 unsigned height) {
    if (keys.empty()) return empty[height];
    if (height == 0) return leaves.at(keys.front());
    Keys sides[2];
    for (const Digest& key : keys) {
      sides[key[(height - 1) / 8] >> (height - 1) % 8 & 1].push_back(key);
    }
    const Digest left = build(sides[0], height - 1);
    const Digest right = build(sides[1], height - 1);
    return tagged_hash("mt-merkle-node", bytes_of(left), bytes_of(right));
  };
  Keys keys;
  for (const auto& [key, hash] : leaves) keys.push_back(key);
  return build(keys, 256);
}

Digest number(uint64_t n) { return sha256_digest({std::to_string(n)}); }

// Known from recorded chains: the root that a table without records has in every header.
TEST(MontanaTree, OfNothingHasTheRecordedRoot) {
  Tree tree;
  EXPECT_EQ(to_hex(bytes_of(tree.root())).substr(0, 16), "87dd145ec5630dec");
  EXPECT_EQ(tree.root(), rebuilt({}));
}

TEST(MontanaTree, UpdatedIsTheOneThatIsRebuilt) {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    Tree tree;
    std::map<Digest, Digest> leaves;
    for (uint64_t change = 0; change < 24; ++change) {
      // Few ids, so that records are changed as well as added.
      const Digest id = number(seed * 1000 + number(seed * 77 + change)[0] % 15);
      const Digest hash = number(seed * 1'000'000 + change);
      tree.put(id, hash);
      leaves[id] = hash;
      if (change % 3 == 0) {
        ASSERT_EQ(tree.root(), rebuilt(leaves)) << "seed " << seed << ", change " << change;
      }
    }
    ASSERT_EQ(tree.root(), rebuilt(leaves)) << "seed " << seed;
    ASSERT_EQ(tree.size(), leaves.size());
  }
}

TEST(MontanaTree, ThatAdoptsHashesHasTheRootWithoutComputingThemAndGoesOnFromThere) {
  for (uint64_t size = 0; size < 9; ++size) {
    Tree tree;
    std::map<Digest, Digest> leaves;
    for (uint64_t i = 0; i < size; ++i) tree.put(number(i), leaves[number(i)] = number(100 + i));
    Tree other;
    for (uint64_t i = 0; i < size; ++i)
      other.put(number(i), Digest{});  // not looked at until changed
    other.adopt(tree.standing_hashes());
    EXPECT_EQ(other.root(), rebuilt(leaves)) << size;
    if (size == 0) continue;
    for (Tree* each : {&tree, &other}) each->put(number(0), number(7));
    leaves[number(0)] = number(7);
    EXPECT_EQ(other.root(), rebuilt(leaves)) << size;
    EXPECT_EQ(other.standing_hashes(), tree.standing_hashes()) << size;
  }
}

TEST(MontanaTree, ThatAdoptsAWrongHashHasAnotherRoot) {
  Tree tree;
  for (uint64_t i = 0; i < 5; ++i) tree.put(number(i), number(100 + i));
  const std::string hashes = tree.standing_hashes();
  for (size_t i = 0; i < hashes.size(); i += 17) {
    std::string wrong = hashes;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    Tree other;
    for (uint64_t each = 0; each < 5; ++each) other.put(number(each), number(100 + each));
    other.adopt(wrong);
    EXPECT_NE(other.root(), tree.root()) << i;
  }
}

TEST(MontanaTree, TellsIdsApartThatDifferInAnySingleBit) {
  for (const unsigned bit : {0U, 1U, 7U, 8U, 100U, 248U, 255U}) {
    const Digest one = number(1);
    Digest other = one;
    other[bit / 8] = static_cast<unsigned char>(other[bit / 8] ^ 1U << bit % 8);
    Tree tree;
    EXPECT_EQ(tree.put(one, number(2)), 0U);
    EXPECT_EQ(tree.put(other, number(3)), 1U);
    EXPECT_EQ(tree.root(), rebuilt({{one, number(2)}, {other, number(3)}})) << "bit " << bit;
    EXPECT_EQ(tree.find(other), 1U);
  }
}

TEST(MontanaTree, DoesNotDependOnTheOrderOfRecords) {
  Tree forth;
  Tree back;
  for (uint64_t i = 0; i < 40; ++i) {
    forth.put(number(i), number(i + 100));
    back.put(number(39 - i), number(139 - i));
  }
  EXPECT_EQ(forth.root(), back.root());
}

TEST(MontanaTree, NumbersIdsAsTheyCame) {
  Tree tree;
  EXPECT_FALSE(tree.find(number(0)));
  for (uint32_t i = 0; i < 30; ++i) EXPECT_EQ(tree.put(number(i), number(0)), i);
  for (uint32_t i = 0; i < 30; ++i) {
    EXPECT_EQ(tree.find(number(i)), i);
    EXPECT_EQ(tree.put(number(i), number(9)), i);
  }
  EXPECT_FALSE(tree.find(number(30)));
}

}  // namespace montana_tree_test
}  // namespace recrank::montana
