#include "snapshot/redis/redis_aof.h"

#include <hiredis/hiredis.h>
#include <strings.h>

#include <array>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "snapshot/one_subject_recording.h"

namespace recrank::redis {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDigestsBytesMax = 16 << 20;
using Digests = std::map<uint64_t, std::string>;  // by the size of the file of commands

class CommandStream : public StepStream {
 public:
  CommandStream(const fs::path& file, const Digests& digests, StepRange range)
      : name_(file.string()), file_(open_for_read(file)), digests_(digests), range_(range) {}

  bool next(Step& step) override {
    do {
      if (number_ >= range_.end || !read_command(step)) return false;
    } while (number_++ < range_.begin);
    return true;
  }
  [[nodiscard]] bool torn() const { return bytes_ < file_size(file_.get(), name_); }

 private:
  bool read_command(Step& step) {
    void* got = nullptr;
    std::array<char, 65536> bytes{};
    while (redisReaderGetReply(parser_.get(), &got) == REDIS_OK && got == nullptr) {
      const size_t size = read_some(file_.get(), bytes.data(), bytes.size(), name_);
      if (size == 0) return false;
      redisReaderFeed(parser_.get(), bytes.data(), size);
    }
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> command(
        static_cast<redisReply*>(got), &freeReplyObject);
    if (!command || command->type != REDIS_REPLY_ARRAY || command->elements == 0) fail();
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
      if (i < 4) step.arena += printable(text, 40) + " ";
      // PEXPIREAT KEY MS, HPEXPIREAT KEY MS …, RESTORE KEY MS-OR-0 …, SET KEY VALUE … PXAT MS.
      const auto is = [&](size_t at, const char* name) {
        return ::strcasecmp(command->element[at]->str, name) == 0;
      };
      if (i == 0 && (is(0, "PEXPIREAT") || is(0, "HPEXPIREAT") || is(0, "RESTORE")))
        expiry_word = 2;
      if (i > 2 && is(0, "SET") && is(i, "PXAT")) expiry_word = i + 1;
    }
    const auto expiry =
        std::string_view(step.text).substr(expiry_at, step.text.find('\r', expiry_at) - expiry_at);
    if (expiry_at > 0 && expiry != "0") step.facts.push_back({"expires_at", expiry, true});
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
    throw Error(ErrorCode::kInvalidData,
                name_ + ": byte " + std::to_string(bytes_) + ": not a command");
  }

  std::string name_;
  UniqueFd file_;
  std::unique_ptr<redisReader, decltype(&redisReaderFree)> parser_{redisReaderCreate(),
                                                                   &redisReaderFree};
  const Digests& digests_;
  StepRange range_;
  uint64_t number_ = 0;
  uint64_t bytes_ = 0;  // of the commands so far
};

class RedisAof : public OneSubjectRecording {
 public:
  RedisAof(const fs::path& directory, const std::string& shown) {
    describe("redis", kRedisDialect, shown, "redis");
    for (const auto& each : fs::directory_iterator(directory)) {
      const std::string name = each.path().filename().string();
      if (name.ends_with(".base.rdb")) bases_.push_back(each.path());
      if (name.ends_with(".incr.aof")) logs_.push_back(each.path());
    }
    const std::string wanted =
        ": there must be one base RDB file and one file of commands (BGREWRITEAOF)";
    if (bases_.size() != 1 || logs_.size() != 1)
      throw Error(ErrorCode::kInvalidData, shown + wanted);
    const fs::path digests = directory / "digests";
    std::istringstream lines(fs::exists(digests) ? read_small_file(digests, kDigestsBytesMax) : "");
    std::string digest;
    for (uint64_t bytes = 0; lines >> bytes >> digest;) digests_[bytes] = digest;
    base_ = {CheckpointKind::kTables, 0, 0, sha256_hex_of_file(bases_[0]),
             fs::file_size(bases_[0])};
    CommandStream stream(logs_[0], digests_, {0, UINT64_MAX});
    uint64_t count = 0;
    try {
      for (Step step; stream.next(step);) ++count;
      if (stream.torn())
        info_.notes.push_back(logs_[0].string() + ": its last command is torn and left out");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidData) throw;
      info_.notes.push_back(damage_ = error.what());
    }
    info_.facts = {{"commands", std::to_string(count)},
                   {"digests", std::to_string(digests_.size())}};
    hold({0, count}, "no command follows the base");
  }
  std::vector<Checkpoint> checkpoints(const std::string& id) const override {
    check_subject(id);
    return {base_};
  }
  std::unique_ptr<StepStream> steps(const std::string& id, StepRange range) const override {
    check_held(id, range);
    return std::make_unique<CommandStream>(logs_[0], digests_, range);
  }
  UniqueFd open_snapshot(const std::string& id, const Checkpoint&, SnapshotTrust) const override {
    check_subject(id);
    return open_for_read(bases_[0]);  // the server checks the sum at its end
  }

 private:
  std::vector<fs::path> bases_;
  std::vector<fs::path> logs_;
  Checkpoint base_;
  Digests digests_;
};

std::optional<size_t> recognise_manifest(const FileHead& head) {
  const std::string_view line = head.bytes().substr(0, head.bytes().find('\n'));
  const bool manifest = line.starts_with("file ") && line.find(" seq ") != line.npos;
  return manifest ? std::optional<size_t>(0) : std::nullopt;
}

Part redis_companion(const fs::path& name) {
  const std::string file = name.filename().string();
  return file.starts_with("appendonly.aof.") || file.starts_with("digests") ? Part::kYes
                                                                            : Part::kNo;
}

}  // namespace

std::unique_ptr<Recording> open_redis_aof(const fs::path& directory,
                                          const std::string& shown_path) {
  return std::make_unique<RedisAof>(directory, shown_path);
}

const Format kRedisFormat{.name = "redis",
                          .words = "the manifest of a Redis append-only directory",
                          .accepted = "a Redis append-only directory",
                          .rank = Rank::kState,
                          .shape = Shape::kFileOfDirectory,
                          .recognise = recognise_manifest,
                          .open = open_redis_aof,
                          .companion = redis_companion};

}  // namespace recrank::redis
