#include "replay/agoric/netstring.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/fd.h"

namespace recrank::agoric {
namespace netstring_test {

constexpr uint64_t kLimit = 1000;

// What a reader makes of a stream: "[payload]" per frame, then how it ended.
std::string read_all(std::string_view stream, size_t chunk_bytes = SIZE_MAX,
                     uint64_t limit = kLimit) {
  Pipe pipe = make_pipe();
  std::thread writer([&, end = std::move(pipe.write_end)] {
    for (size_t at = 0; at < stream.size(); at += chunk_bytes) {
      write_all(end.get(), stream.substr(at, chunk_bytes), "the pipe");
      if (chunk_bytes < stream.size()) std::this_thread::yield();
    }
  });
  NetstringReader reader(pipe.read_end.get(), limit);
  std::string seen;
  FrameStatus status = FrameStatus::kFrame;
  while ((status = reader.next()) == FrameStatus::kFrame) {
    seen += "[" + std::string(reader.payload()) + "]";
  }
  writer.join();
  switch (status) {
    case FrameStatus::kFrame: break;
    case FrameStatus::kEnd: return seen + "end";
    case FrameStatus::kTorn: return seen + "torn: " + reader.problem();
    case FrameStatus::kBadLength: return seen + "bad length: " + reader.problem();
    case FrameStatus::kOversized: return seen + "oversized: " + reader.problem();
    case FrameStatus::kBadTrailer: return seen + "bad trailer: " + reader.problem();
  }
  return seen;
}

TEST(NetstringReader, ReadsFrames) {
  EXPECT_EQ(read_all(""), "end");
  EXPECT_EQ(read_all("0:,"), "[]end");
  EXPECT_EQ(read_all("3:abc,1:,,2::,,"), "[abc][,][:,]end");
}

TEST(NetstringReader, ReadsAnyChunkingAlike) {
  const std::string stream = "3:abc,0:,12:123456789012,5:5:a,b,";
  for (size_t chunk = 1; chunk <= stream.size(); ++chunk) {
    EXPECT_EQ(read_all(stream, chunk), "[abc][][123456789012][5:a,b]end") << chunk;
  }
}

TEST(NetstringReader, TellsAnEndInsideAFrameFromOneBetweenFrames) {
  EXPECT_EQ(read_all("3:abc,3:ab"), "[abc]torn: a frame that breaks off after 4 bytes: '3:ab'");
  EXPECT_EQ(read_all("3:abc"), "torn: a frame that breaks off after 5 bytes: '3:abc'");
  EXPECT_EQ(read_all("12"), "torn: a frame that breaks off after 2 bytes: '12'");
}

TEST(NetstringReader, RejectsLengthsThatAreNotPlainNumbers) {
  EXPECT_EQ(read_all("12x4:"), "bad length: frame length '12x4' is not a number");
  EXPECT_EQ(read_all(" 3:abc,"), "bad length: frame length ' 3' is not a number");
  EXPECT_EQ(read_all("-1:,"), "bad length: frame length '-1' is not a number");
  EXPECT_EQ(read_all("+1:a,"), "bad length: frame length '+1' is not a number");
  EXPECT_EQ(read_all("03:abc,"), "bad length: frame length '03' has a leading zero");
  EXPECT_EQ(read_all("00:,"), "bad length: frame length '00' has a leading zero");
  EXPECT_EQ(read_all(":abc,"), "bad length: a frame without a length: ':abc,'");
  EXPECT_EQ(read_all("Segmentation fault\n"),
            "bad length: frame length 'Segmentation fault\\x0a' is not a number");
}

TEST(NetstringReader, RejectsFramesAboveTheLimitBeforeTheyArrive) {
  EXPECT_EQ(read_all("1001:"), "oversized: a frame of 1001 bytes was announced; the limit is 1000");
  EXPECT_EQ(read_all("12345678901234567890:"),
            "oversized: frame length '1234567890'… has more than 9 digits");
  EXPECT_EQ(read_all("1000:" + std::string(1000, 'x') + ","),
            "[" + std::string(1000, 'x') + "]end");
}

TEST(NetstringReader, RejectsAMissingTrailer) {
  EXPECT_EQ(read_all("3:abcd"), "bad trailer: a frame of 3 bytes ends in 'd' where ',' must be");
}

TEST(NetstringReader, AllocatesForWhatArrivesNotForWhatIsAnnounced) {
  Pipe pipe = make_pipe();
  write_all(pipe.write_end.get(), "999999999:abc", "the pipe");
  pipe.write_end.reset();
  NetstringReader reader(pipe.read_end.get(), 999'999'999);
  EXPECT_EQ(reader.next(), FrameStatus::kTorn);
  EXPECT_LE(reader.capacity_bytes(), size_t{64} << 10);
}

TEST(NetstringReader, GrowsForALargeFrameAndCountsWhatCameWithIt) {
  const std::string large(3 << 20, 'L');
  Pipe pipe = make_pipe();
  std::thread writer([&] {
    const std::string stream = "2:ab," + std::to_string(large.size()) + ":" + large + ",1:z,7:";
    write_all(pipe.write_end.get(), stream, "the pipe");
    pipe.write_end.reset();
  });
  NetstringReader reader(pipe.read_end.get(), 4 << 20);
  EXPECT_EQ(reader.next(), FrameStatus::kFrame);
  EXPECT_EQ(reader.next(), FrameStatus::kFrame);
  EXPECT_EQ(reader.payload(), large);
  EXPECT_LE(reader.capacity_bytes(), 4 * large.size());
  writer.join();
  EXPECT_EQ(reader.next(), FrameStatus::kFrame);
  EXPECT_EQ(reader.payload(), "z");
  EXPECT_EQ(reader.pending_bytes(), 2U);
  EXPECT_EQ(reader.next(), FrameStatus::kTorn);
}

TEST(NetstringWriter, SendsPartsAsOneFrame) {
  Pipe pipe = make_pipe();
  EXPECT_EQ(write_netstring(pipe.write_end.get(), {"?[\"deliver\",", "", "[1]", "]"}),
            WriteStatus::kWritten);
  EXPECT_EQ(write_netstring(pipe.write_end.get(), {}), WriteStatus::kWritten);
  pipe.write_end.reset();
  NetstringReader reader(pipe.read_end.get(), kLimit);
  EXPECT_EQ(reader.next(), FrameStatus::kFrame);
  EXPECT_EQ(reader.payload(), "?[\"deliver\",[1]]");
  EXPECT_EQ(reader.next(), FrameStatus::kFrame);
  EXPECT_EQ(reader.payload(), "");
  EXPECT_EQ(reader.next(), FrameStatus::kEnd);
}

// A pipe of one page takes every frame in pieces.
TEST(NetstringWriter, SurvivesPartialWrites) {
  Pipe pipe = make_pipe();
  ASSERT_GE(::fcntl(pipe.write_end.get(), F_SETPIPE_SZ, 4096), 4096);
  const std::string a(10'001, 'a');
  const std::string b(20'003, 'b');
  std::thread writer([&] {
    EXPECT_EQ(write_netstring(pipe.write_end.get(), {"e(", a, "|", b, "\n)()"}),
              WriteStatus::kWritten);
  });
  NetstringReader reader(pipe.read_end.get(), 100'000);
  EXPECT_EQ(reader.next(), FrameStatus::kFrame);
  EXPECT_EQ(reader.payload(), "e(" + a + "|" + b + "\n)()");
  writer.join();
}

TEST(NetstringWriter, ReportsAClosedPipe) {
  ::signal(SIGPIPE, SIG_IGN);
  Pipe pipe = make_pipe();
  pipe.read_end.reset();
  EXPECT_EQ(write_netstring(pipe.write_end.get(), {"q"}), WriteStatus::kClosed);
}

TEST(NetstringWriter, ThrowsWhenTheDescriptorIsBad) {
  EXPECT_THROW(static_cast<void>(write_netstring(-1, {"q"})), Error);
}

}  // namespace netstring_test
}  // namespace recrank::agoric
