#include "snapshot/redis_aof.h"

#include <hiredis/hiredis.h>

#include <array>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "snapshot/one_subject_recording.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigestsBytesMax = 16 << 20;
constexpr size_t kReadBytes = 64 << 10;
constexpr size_t kSummaryBytes = 100;

using Digests = std::map<uint64_t, std::string>;  // by the size of the file of commands

class CommandStream : public StepStream {
 public:
  CommandStream(const fs::path& file, const Digests& digests, StepRange range)
      : name_(file.string()),
        file_(open_for_read(file)),
        parser_(redisReaderCreate(), &redisReaderFree),
        digests_(digests),
        range_(range) {}

  bool next(Step& step) override {
    do {
      if (number_ >= range_.end || !read_command(step)) return false;
    } while (number_++ < range_.begin);
    return true;
  }
  // At its end: what the last command lacks is not in the file.
  [[nodiscard]] bool torn() const { return bytes_ < file_size(file_.get(), name_); }

 private:
  bool read_command(Step& step) {
    void* got = nullptr;
    std::array<char, kReadBytes> bytes{};
    while (redisReaderGetReply(parser_.get(), &got) == REDIS_OK && got == nullptr) {
      const size_t size = read_some(file_.get(), bytes.data(), bytes.size(), name_);
      if (size == 0) return false;
      redisReaderFeed(parser_.get(), bytes.data(), size);
    }
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> command(static_cast<redisReply*>(got),
                                                                          &freeReplyObject);
    const bool array = command && command->type == REDIS_REPLY_ARRAY && command->elements > 0;
    if (!array) fail();
    step.clear();
    step.text = "*" + std::to_string(command->elements) + "\r\n";
    size_t expiry_word = 0;
    size_t expiry_at = 0;
    for (size_t i = 0; i < command->elements; ++i) {
      const redisReply& word = *command->element[i];
      if (word.type != REDIS_REPLY_STRING) fail();
      const std::string_view text(word.str, word.len);
      step.text += "$" + std::to_string(text.size()) + "\r\n";
      if (i > 0 && i == expiry_word) expiry_at = step.text.size();
      step.text += std::string(text) + "\r\n";
      if (step.arena.size() < kSummaryBytes) step.arena += printable(text, 40) + " ";
      if (i == 0 && text == "PEXPIREAT") expiry_word = 2;  // PEXPIREAT KEY MILLISECONDS
      if (i > 1 && text == "PXAT") expiry_word = i + 1;    // SET KEY VALUE PXAT MILLISECONDS
    }
    const std::string_view rest = std::string_view(step.text).substr(expiry_at);
    if (expiry_at > 0) step.facts.push_back({"expires_at", rest.substr(0, rest.find('\r')), true});
    bytes_ += step.text.size();
    step.number = number_;
    step.delivery = step.text;
    step.summary = step.arena;
    step.status = RecordedStatus::kOk;  // what failed is not appended
    const auto digest = digests_.find(bytes_);
    if (digest != digests_.end()) step.facts.push_back({"digest", digest->second});
    return true;
  }
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::kInvalidData, name_ + ": byte " + std::to_string(bytes_) + ": not a command");
  }

  std::string name_;
  UniqueFd file_;
  std::unique_ptr<redisReader, decltype(&redisReaderFree)> parser_;
  const Digests& digests_;
  StepRange range_;
  uint64_t number_ = 0;
  uint64_t bytes_ = 0;  // of the commands so far
};

class RedisAof : public OneSubjectRecording {
 public:
  RedisAof(const fs::path& directory, const std::string& shown) {
    describe(RecordingKind::kRedis, Era::kRedis, shown, "redis");
    for (const auto& each : fs::directory_iterator(directory)) {
      const std::string name = each.path().filename().string();
      if (name.ends_with(".base.rdb")) bases_.push_back(each.path());
      if (name.ends_with(".incr.aof")) logs_.push_back(each.path());
    }
    if (bases_.size() != 1 || logs_.size() != 1) {
      throw Error(ErrorCode::kInvalidData, shown + ": there must be one base RDB file and one file of "
                                               "commands, as BGREWRITEAOF leaves them");
    }
    if (fs::exists(directory / "digests")) {
      std::istringstream lines(read_small_file(directory / "digests", kDigestsBytesMax));
      std::string digest;
      for (uint64_t bytes = 0; lines >> bytes >> digest;) digests_[bytes] = digest;
    }
    count_commands();
  }
  std::vector<Checkpoint> checkpoints(const std::string& id) const override {
    check_subject(id);
    return {{CheckpointKind::kTables, 0, 0, sha256_hex_of_file(bases_[0]), fs::file_size(bases_[0])}};
  }
  std::unique_ptr<StepStream> steps(const std::string& id, StepRange range) const override {
    check_held(id, range);
    return std::make_unique<CommandStream>(logs_[0], digests_, range);
  }
  // The server itself checks the sum at the end of an RDB file.
  UniqueFd open_snapshot(const std::string& id, const Checkpoint&, SnapshotTrust) const override {
    check_subject(id);
    return open_for_read(bases_[0]);
  }

 private:
  void count_commands() {
    CommandStream stream(logs_[0], digests_, {0, UINT64_MAX});
    uint64_t count = 0;
    try {
      for (Step step; stream.next(step);) ++count;
      if (stream.torn()) info_.notes.push_back(logs_[0].string() + ": its last command is torn and left out");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidData) throw;
      info_.notes.push_back(damage_ = error.what());
    }
    info_.facts = {{"commands", std::to_string(count)}, {"digests", std::to_string(digests_.size())}};
    hold({0, count}, "no command follows the base");
  }

  std::vector<fs::path> bases_;
  std::vector<fs::path> logs_;
  Digests digests_;
};

}  // namespace

std::unique_ptr<Recording> open_redis_aof(const fs::path& directory, const std::string& shown_path) {
  return std::make_unique<RedisAof>(directory, shown_path);
}

}  // namespace recrank
