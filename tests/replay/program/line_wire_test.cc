#include "replay/program/line_wire.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "base/fd.h"
#include "replay/process/worker_process.h"

namespace recrank::program {
namespace line_wire_test {

// A peer whose side is played by the test, on a thread where it has to act by itself.
struct Peer {
  Peer() { prepare_signals(); }
  Pipe commands = make_pipe();
  Pipe replies = make_pipe();
  LineWire wire{commands.write_end.get(), replies.read_end.get(), 1 << 20};

  void say(std::string_view text) const { write_all(replies.write_end.get(), text, "peer"); }
  [[nodiscard]] std::string hear(size_t size) const {
    std::string text(size, '\0');
    size_t at = 0;
    while (at < size) {
      const size_t got = read_some(commands.read_end.get(), text.data() + at, size - at, "peer");
      if (got == 0) break;
      at += got;
    }
    return text.substr(0, at);
  }
};

TEST(LineWire, SendsALineAndGivesTheAnswerWithoutItsEnd) {
  Peer peer;
  peer.say("{\"n\":0}\n");
  ASSERT_EQ(peer.wire.exchange("{\"a\":1}"), LineStatus::kLine);
  EXPECT_EQ(peer.wire.line(), "{\"n\":0}");
  EXPECT_EQ(peer.hear(8), "{\"a\":1}\n");
  EXPECT_EQ(peer.wire.pending_bytes(), 0U);
}

TEST(LineWire, TakesAnAnswerThatComesInPieces) {
  Peer peer;
  std::jthread other([&peer] {
    static_cast<void>(peer.hear(2));
    for (const char c : std::string("slow\n")) peer.say({&c, 1});
  });
  ASSERT_EQ(peer.wire.exchange("x"), LineStatus::kLine);
  EXPECT_EQ(peer.wire.line(), "slow");
}

TEST(LineWire, CountsWhatComesBehindTheLine) {
  Peer peer;
  peer.say("a\nbcd");
  ASSERT_EQ(peer.wire.exchange("x"), LineStatus::kLine);
  EXPECT_EQ(peer.wire.pending_bytes(), 3U);
}

TEST(LineWire, HearsWhileItSpeaks) {
  // Both sides say more than a pipe holds before they listen.
  Peer peer;
  const std::string event(3 << 20, 'e');
  const std::string answer(1 << 19, 'a');
  std::jthread other([&] {
    peer.say(answer + "\n");
    static_cast<void>(peer.hear(event.size() + 1));
  });
  ASSERT_EQ(peer.wire.exchange(event), LineStatus::kLine);
  EXPECT_EQ(peer.wire.line(), answer);
}

TEST(LineWire, TellsAnEndFromATornLine) {
  Peer ended;
  ended.replies.write_end.reset();
  EXPECT_EQ(ended.wire.exchange("x"), LineStatus::kEnd);
  Peer torn;
  torn.say("{\"n\"");
  torn.replies.write_end.reset();
  EXPECT_EQ(torn.wire.exchange("x"), LineStatus::kTorn);
  EXPECT_EQ(torn.wire.rest(), "{\"n\"");
}

TEST(LineWire, TakesTheLastWordOfOneThatHearsNoMore) {
  Peer peer;
  peer.commands.read_end.reset();
  peer.say("bye\n");
  peer.replies.write_end.reset();
  ASSERT_EQ(peer.wire.exchange("x"), LineStatus::kLine);
  EXPECT_EQ(peer.wire.line(), "bye");
  EXPECT_EQ(peer.wire.exchange("x"), LineStatus::kEnd);
}

TEST(LineWire, BoundsALineWithoutEnd) {
  Peer peer;
  std::jthread other([&peer] {
    const std::string piece(4096, 'x');
    while (::write(peer.replies.write_end.get(), piece.data(), piece.size()) > 0) {
    }
  });
  EXPECT_EQ(peer.wire.exchange("x"), LineStatus::kOversized);
  peer.replies.read_end.reset();  // ends the peer
}

}  // namespace line_wire_test
}  // namespace recrank::program
