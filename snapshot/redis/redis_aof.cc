#include "snapshot/redis/redis_aof.h"

#include <hiredis/hiredis.h>
#include <strings.h>

#include <array>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "snapshot/one_subject_recording.h"
#include "snapshot/redis/redis_manifest.h"

namespace recrank::redis {
namespace {

namespace fs = std::filesystem;

class CommandStream : public StepStream {
 public:
  CommandStream(const std::vector<Log>& logs, StepRange range) : logs_(logs), range_(range) {
    open(0);
  }

  bool next(Step& step) override {
    do {
      if (number_ >= range_.end || !read_command(step)) return false;
    } while (number_++ < range_.begin);
    return true;
  }
  // Of the last file, behind its last whole command.
  [[nodiscard]] bool torn() const { return bytes_ < file_size(file_.get(), name_); }
  // The MULTI whose EXEC has not come.
  [[nodiscard]] std::optional<uint64_t> open_transaction() const { return transaction_; }
  [[nodiscard]] uint64_t digests_met() const { return digests_met_; }
  // Reading ended at a digest that belongs to no command. How many steps the one before vouches
  // for.
  [[nodiscard]] std::optional<uint64_t> vouched_for() const {
    return misses_digest_ ? std::optional(vouched_for_) : std::nullopt;
  }

 private:
  void open(size_t log) {
    log_ = log;
    name_ = logs_[log].path.string();
    file_ = open_for_read(logs_[log].path);
    parser_.reset(redisReaderCreate());
    bytes_ = 0;
    due_ = logs_[log].digests.begin();
  }
  // More of the file into the parser; false: there is none.
  bool feed() {
    const size_t size = read_some(file_.get(), piece_.data(), piece_.size(), name_);
    if (size > 0) redisReaderFeed(parser_.get(), piece_.data(), size);
    return size > 0;
  }
  [[nodiscard]] std::string_view unread() const {
    return {parser_->buf + parser_->pos, parser_->len - parser_->pos};
  }
  // "#TS:1628217470": when what follows was written (aof-timestamp-enabled).
  bool skip_annotations() {
    while (!unread().empty() || feed()) {
      if (unread()[0] != '#') return true;
      size_t end = 0;
      while ((end = unread().find('\n')) == std::string_view::npos) {
        if (unread().size() > kAnnotationBytesMax) fail();
        if (!feed()) return false;
      }
      parser_->pos += end + 1;
      bytes_ += end + 1;
    }
    return false;
  }
  // A file that is not the last one has been closed in peace, and ends with a whole command.
  bool begin_command() {
    while (!skip_annotations()) {
      if (due_ != logs_[log_].digests.end()) fail_digest("which is behind its end");
      if (log_ + 1 == logs_.size()) return false;
      if (torn() || transaction_) fail_not_whole();
      open(log_ + 1);
    }
    return true;
  }

  bool read_command(Step& step) {
    if (!begin_command()) return false;
    void* got = nullptr;
    while (redisReaderGetReply(parser_.get(), &got) == REDIS_OK && got == nullptr) {
      if (feed()) continue;
      if (log_ + 1 < logs_.size()) fail_not_whole();
      if (due_ != logs_[log_].digests.end()) fail_digest("which is behind its last whole command");
      return false;
    }
    const std::unique_ptr<redisReply, decltype(&freeReplyObject)> command(
        static_cast<redisReply*>(got), &freeReplyObject);
    if (!command || command->type != REDIS_REPLY_ARRAY || command->elements == 0) fail();
    step.clear();
    step.text = "*" + std::to_string(command->elements) + "\r\n";
    size_t expiry_word = 0;
    size_t expiry_at = 0;
    // PEXPIREAT KEY MS, HPEXPIREAT KEY MS …, RESTORE KEY MS-OR-0 …, SET KEY VALUE … PXAT MS.
    const auto is = [&](size_t at, const char* name) {
      return ::strcasecmp(command->element[at]->str, name) == 0;
    };
    for (size_t i = 0; i < command->elements; ++i) {
      const redisReply& word = *command->element[i];
      if (word.type != REDIS_REPLY_STRING) fail();
      const std::string_view text(word.str, word.len);
      step.text += "$" + std::to_string(text.size()) + "\r\n";
      if (i > 0 && i == expiry_word) expiry_at = step.text.size();
      step.text += std::string(text) + "\r\n";
      if (i < 4) step.arena += printable(text, 40) + " ";
      if (i == 0 && (is(0, "PEXPIREAT") || is(0, "HPEXPIREAT") || is(0, "RESTORE")))
        expiry_word = 2;
      if (i > 2 && is(0, "SET") && is(i, "PXAT")) expiry_word = i + 1;
    }
    const auto expiry =
        std::string_view(step.text).substr(expiry_at, step.text.find('\r', expiry_at) - expiry_at);
    if (expiry_at > 0 && expiry != "0") step.facts.push_back({"expires_at", expiry, true});
    check_bytes(step.text);
    bytes_ += step.text.size();
    step.number = number_;
    step.delivery = step.text;
    step.summary = step.arena;
    step.status = RecordedStatus::kOk;  // what failed is not appended
    const bool begins = is(0, "MULTI");
    const bool ends = is(0, "EXEC") || is(0, "DISCARD");
    if (begins ? transaction_.has_value() : ends && !transaction_)
      fail("a transaction has one end only");
    if (begins) transaction_ = number_;
    if (ends) transaction_.reset();
    take_digest(step);
    return true;
  }
  // A size belongs to the one command with which the file ended then. Another one says that
  // commands were lost, or others written in between.
  void take_digest(Step& step) {
    if (due_ == logs_[log_].digests.end() || bytes_ < due_->first) return;
    if (bytes_ > due_->first) fail_digest("where no command ends");
    if (transaction_) fail_digest("which is within a transaction");
    step.facts.push_back({"digest", due_->second});
    ++due_;
    ++digests_met_;
    vouched_for_ = number_ + 1;
  }
  // The parser passes over line ends, and takes numbers that no server writes.
  void check_bytes(std::string_view text) {
    written_.resize(text.size());
    read_exactly_at(file_.get(), written_.data(), written_.size(), bytes_, name_);
    if (written_ != text) fail();
  }
  [[noreturn]] void fail(const std::string& what = "not a command") const {
    throw Error(ErrorCode::kInvalidData, name_ + ": byte " + std::to_string(bytes_) + ": " + what);
  }
  [[noreturn]] void fail_digest(const std::string& what) {
    misses_digest_ = true;
    throw Error(ErrorCode::kInvalidData,
                name_ + ": the digest " + due_->second.substr(0, 8) + "… was taken at byte " +
                    std::to_string(due_->first) + ", " + what +
                    ": commands of it are lost, or the digest is of another file (then take its "
                    "line out of `digests`)");
  }
  [[noreturn]] void fail_not_whole() const {
    throw Error(ErrorCode::kInvalidData, name_ + ": byte " + std::to_string(bytes_) +
                                             ": its last " +
                                             (transaction_ ? "transaction" : "command") +
                                             " is not whole, and another file of commands follows");
  }

  static constexpr size_t kAnnotationBytesMax = 1024;
  const std::vector<Log>& logs_;
  StepRange range_;
  size_t log_ = 0;
  std::string name_;
  UniqueFd file_;
  std::unique_ptr<redisReader, decltype(&redisReaderFree)> parser_{nullptr, &redisReaderFree};
  std::array<char, 65536> piece_{};
  uint64_t number_ = 0;
  uint64_t bytes_ = 0;  // of the file so far
  std::optional<uint64_t> transaction_;
  std::map<uint64_t, std::string>::const_iterator due_;  // the next digest of the file
  uint64_t digests_met_ = 0;
  uint64_t vouched_for_ = 0;
  bool misses_digest_ = false;
  std::string written_;
};

class RedisAof : public OneSubjectRecording {
 public:
  RedisAof(const fs::path& directory, const std::string& shown) {
    describe("redis", kRedisDialect, shown, "redis");
    Manifest manifest = read_manifest(directory, shown);
    base_file_ = std::move(manifest.base);
    logs_ = std::move(manifest.logs);
    const uint64_t strays = read_digests(directory / "digests", logs_);
    base_ = {CheckpointKind::kTables, 0, 0, sha256_hex_of_file(base_file_),
             fs::file_size(base_file_)};
    CommandStream stream(logs_, {0, UINT64_MAX});
    uint64_t count = 0;
    try {
      for (Step step; stream.next(step);) ++count;
      note_loose_end(stream);
      if (stream.open_transaction()) count = *stream.open_transaction();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kInvalidData) throw;
      info_.notes.push_back(damage_ = error.what());
      // Where the first of them was lost that are missing before a digest, nobody knows.
      count = stream.vouched_for().value_or(count);
    }
    if (strays > 0) {
      info_.notes.push_back((directory / "digests").string() + ": " + counted(strays, "digest") +
                            " of a file of commands that a rewrite has removed since, or taken "
                            "before its first command, or that names none: left out");
    }
    info_.facts = {{"commands", std::to_string(count)},
                   {"digests", std::to_string(stream.digests_met())}};
    hold({0, count}, damage_.empty() ? "no command follows the base" : damage_);
  }
  std::vector<Checkpoint> checkpoints(const std::string& id) const override {
    check_subject(id);
    return {base_};
  }
  std::unique_ptr<StepStream> steps(const std::string& id, StepRange range) const override {
    check_held(id, range);
    return std::make_unique<CommandStream>(logs_, range);
  }
  UniqueFd open_snapshot(const std::string& id, const Checkpoint&, SnapshotTrust) const override {
    check_subject(id);
    return open_for_read(base_file_);  // the server checks the sum at its end
  }

 private:
  // A server that was killed leaves one, and drops it itself when it starts again.
  void note_loose_end(const CommandStream& stream) {
    const bool transaction = stream.open_transaction().has_value();
    if (!transaction && !stream.torn()) return;
    info_.notes.push_back(logs_.back().path.string() + ": its last " +
                          (transaction ? "transaction has no EXEC" : "command is torn") +
                          " and is left out");
  }

  fs::path base_file_;
  std::vector<Log> logs_;
  Checkpoint base_;
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
