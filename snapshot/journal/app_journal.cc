// Format: docs/formats/app-journal.md
#include "snapshot/journal/app_journal.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "snapshot/journal/app_journal_index.h"
#include "snapshot/journal/app_journal_line.h"
#include "snapshot/journal/chat_response.h"
#include "snapshot/journal/dialect_names.h"
#include "snapshot/journal/http_call.h"
#include "snapshot/journal/journal.h"
#include "snapshot/journal/journal_calls.h"
#include "snapshot/one_subject_recording.h"

namespace recrank::program {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSpansShown = 50;

// A request with its body, read again from its place.
struct ReadRequest {
  std::string method;
  std::string path;
  std::string body;
};

// "/v1/chat/completions" of "https://host/v1/chat/completions".
std::string path_of(const std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url.starts_with('/') ? url : "/";
  const size_t path = url.find('/', scheme + 3);
  return path == std::string::npos ? "/" : url.substr(path);
}

ReadRequest read_request(const std::vector<AppFile>& files, const AppRequest& request) {
  const AppFile& file = files.at(request.open.file);
  LineReader reader({.fd = file.fd.get(), .name = file.name, .end = file.bytes});
  reader.seek(request.open.place);
  Line line;
  if (!reader.next(line)) {
    throw Error(ErrorCode::kInvalidData,
                to_string(file.name, request.open.place) + ": is not there any more");
  }
  return with_context([&] { return to_string(file.name, request.open.place); },
                      [&] {
                        const AppRecord record = read_app_record(line.text);
                        std::string method = app_attribute(record.attributes, "request.method");
                        if (method.empty()) method = "POST";
                        return ReadRequest{std::move(method),
                                           path_of(app_attribute(record.attributes, "url")),
                                           json_unescape(record.body)};
                      });
}

class AppStream : public StepStream {
 public:
  AppStream(const std::vector<AppFile>& files, const AppIndex& index, StepRange range)
      : files_(files), index_(index), next_(range.begin), end_(range.end) {}

  bool next(Step& step) override {
    if (next_ >= end_) return false;
    step.clear();
    const AppTurn& turn = index_.turns.at(next_);
    std::vector<std::pair<size_t, size_t>> ends;  // of each call and its answer in the arena
    for (const size_t number : turn.requests) {
      const AppRequest& request = index_.requests[number];
      const ReadRequest read = read_request(files_, request);
      if (step.text.empty()) step.text = event_text(turn, read);
      step.arena += http_call_text(read.method, read.path, read.body);
      const size_t call = step.arena.size();
      step.arena += response_of(request, read);
      ends.emplace_back(call, step.arena.size());
    }
    step.delivery = step.text;
    size_t begin = 0;
    for (const auto& [call, answer] : ends) {
      const std::string_view arena = step.arena;
      step.calls.push_back({arena.substr(begin, call - begin), arena.substr(call, answer - call)});
      begin = answer;
    }
    step.number = next_++;
    return true;
  }

 private:
  static std::string event_text(const AppTurn& turn, const ReadRequest& first) {
    return "{\"conversationId\":" + json_quote(turn.conversation) +
           ",\"message\":" + last_user_message(first.body).value_or("null") + "}";
  }

  // What nobody can know is a response that never comes.
  std::string response_of(const AppRequest& request, const ReadRequest& read) const {
    if (request.status >= 400 && request.status <= 599)
      return "{\"status\":" + std::to_string(request.status) + "}";
    if (request.next) {
      const ReadRequest later = read_request(files_, index_.requests[*request.next]);
      if (auto response = rebuild_chat_response(read.body, later.body)) return *response;
    }
    return std::string(kNoResponse);
  }

  const std::vector<AppFile>& files_;
  const AppIndex& index_;
  uint64_t next_;
  uint64_t end_;
};

std::vector<AppFile> open_files(const fs::path& path, const std::string& shown) {
  std::vector<AppFile> files;
  const auto open = [&](const fs::path& file, const std::string& name) {
    UniqueFd fd = open_for_read(file);
    const uint64_t bytes = file_size(fd.get(), name);
    files.push_back({std::move(fd), name, bytes});
  };
  std::error_code error;
  const fs::path rotated = path.string() + ".1";
  if (fs::is_regular_file(rotated, error)) open(rotated, shown + ".1");
  open(path, shown);
  return files;
}

class AppJournal : public OneSubjectRecording {
 public:
  AppJournal(const fs::path& path, std::string shown)
      : files_(open_files(path, shown)), index_(index_app_journal(files_)) {
    info_.kind = "app-journal";
    info_.dialect = kHttpDialect;
    info_.path = std::move(shown);
    info_.notes = index_.notes;
    if (files_.size() > 1)
      info_.notes.push_back(files_.front().name + " lies beside it and is read first");
    describe();
  }

  std::unique_ptr<StepStream> steps(const std::string& subject_id, StepRange range) const override {
    check_held(subject_id, range);
    return std::make_unique<AppStream>(files_, index_, range);
  }
  HashReport verify(const VerifyScope& scope) const override {
    HashReport report;
    if (scope.parts != VerifyParts::kHeaps && !scope.range) report.damage = index_.damage;
    return report;
  }

 private:
  void describe() {
    auto& facts = info_.facts;
    facts = {{"records", std::to_string(index_.records)},
             {"starts", std::to_string(index_.boots)},
             {"turns", std::to_string(index_.turns.size())},
             {"requests", std::to_string(index_.requests.size())}};
    if (index_.records > 0) facts.emplace_back("last record", utc_words(index_.last_ms));
    if (!index_.spans.memory().empty()) {
      facts.emplace_back("last memory",
                         utc_words(index_.spans.memory_ms()) + " " + index_.spans.memory());
    }
    add_spans();
    Subject& subject = subjects_.front();
    subject.id = kProgramSubject;
    subject.name = fs::path(info_.path).filename().string();
    subject.manager = "process";
    subject.kind = "program";
    hold({0, index_.turns.size()}, "no turn of the journal asked a provider");
  }

  void add_spans() {
    const std::vector<OpenSpan> open = index_.spans.list();
    info_.facts.emplace_back("under way at the end",
                             std::to_string(open.size()) + (open.size() == 1 ? " span" : " spans"));
    for (size_t i = 0; i < std::min(open.size(), kSpansShown); ++i) {
      const OpenSpan& span = open[i];
      std::string words = span.name + (span.detail.empty() ? "" : " " + span.detail);
      if (!span.turn.empty()) words += ", turn " + span.turn;
      if (!span.conversation.empty()) words += ", conversation " + span.conversation;
      info_.facts.emplace_back("open span " + std::to_string(i + 1),
                               words + ", since " + utc_words(span.opened_ms));
    }
  }

  std::vector<AppFile> files_;
  AppIndex index_;
};

std::optional<size_t> recognise_app_journal(const FileHead& head) {
  return looks_like_app_record(head.bytes()) ? std::optional<size_t>(0) : std::nullopt;
}

// A rotated file beside the one that goes on: both are one recording.
bool is_rotated_part(const std::filesystem::path& one, const std::filesystem::path& other) {
  return one.string() == other.string() + ".1";
}

}  // namespace

std::unique_ptr<Recording> open_app_journal(const fs::path& path, const std::string& shown_path) {
  return std::make_unique<AppJournal>(path, shown_path);
}

const Format kAppJournalFormat{.name = "app-journal",
                               .words = "a server's journal of spans",
                               .accepted = "a server's app.ndjson",
                               .rank = Rank::kJournal,
                               .recognise = recognise_app_journal,
                               .open = open_app_journal,
                               .part_of = is_rotated_part};

}  // namespace recrank::program
