// A little language for slogs and transcripts of tests, and a short way to say what was read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/scratch_dir.h"
#include "snapshot/recording.h"

namespace recrank {

// Builds a slog record by record. The counters behave as the kernel's of the chosen dialect do.
//
//   SlogText log(SlogText::kOf2021);
//   log.process().create("v1", "alice").deliver("v1", "hello", {{"get", "null"}}, 100);
class SlogText {
 public:
  // 2021: deliveryNum begins at 0 in every process, syscalls carry the next number. 2021 later:
  // deliveryNum is the transcript's position.
  enum Dialect { kOf2021, kOfLater2021, kOf2024 };
  using Calls = std::vector<std::pair<std::string, std::string>>;  // name and answer's data

  explicit SlogText(Dialect dialect) : dialect_(dialect) {}

  std::string text;
  // kd, ksc and ksr as long as vd, vsc and vsr, as in a real log.
  bool long_kernel_side = false;

  SlogText& process();
  SlogText& create(const std::string& vat, const std::string& name, const std::string& more = "",
                   const std::string& manager = "");
  // The kernel shows the vat `count` deliveries again.
  SlogText& replay(const std::string& vat, uint64_t count);
  SlogText& deliver(const std::string& vat, const std::string& what, const Calls& calls = {},
                    uint64_t computrons = 100);
  SlogText& fail(const std::string& vat, const std::string& what, const std::string& why,
                 const Calls& calls = {});
  SlogText& start_vat(const std::string& vat, bool ok = true);  // 2024, behind initialize-worker
  SlogText& save(const std::string& vat, const std::string& hash);
  SlogText& terminate(const std::string& vat, const std::string& info = "{}");
  SlogText& block(uint64_t height);        // the chain begins it
  SlogText& raw(const std::string& line);  // with a '\n'

  // Parts of a delivery, for what is broken.
  SlogText& begin(const std::string& vat, const std::string& vd);
  SlogText& call(const std::string& vsc, const std::string& vsr);
  SlogText& end(const std::string& dr);

  // 2021: the database has so many steps of the vat, and goes back to crank `crank`.
  SlogText& roll_back(uint64_t crank, const std::map<std::string, uint64_t>& positions);
  uint64_t crank = 1;
  [[nodiscard]] uint64_t position(const std::string& vat) const { return position_.at(vat); }

 private:
  std::string head(const std::string& type, const std::string& more) const;
  std::string where(const std::string& vat, uint64_t number) const;
  std::string kernel_side(const std::string& brief, const std::string& vat_side) const;
  std::string line(const std::string& type, const std::string& members);

  Dialect dialect_;
  std::map<std::string, uint64_t> position_;  // steps in the database
  std::map<std::string, uint64_t> counted_;   // deliveries in this process
  uint64_t clock_ = 0;
  std::string vat_;
  uint64_t number_ = 0;
  uint64_t calls_ = 0;
};

// The text as a file that vanishes with the object.
class TextFile {
 public:
  explicit TextFile(std::string_view text, const std::string& name = "chain.slog");
  [[nodiscard]] std::filesystem::path path() const { return dir_.path() / name_; }
  void rewrite(std::string_view text) const;

 private:
  ScratchDir dir_;
  std::string name_;
};

// A slog in a file, opened.
class OpenedSlog {
 public:
  explicit OpenedSlog(std::string_view text);
  const Recording& operator*() const { return *recording_; }
  const Recording* operator->() const { return recording_.get(); }

 private:
  TextFile file_;
  std::unique_ptr<Recording> recording_;
};

// All steps that are held of the vat: "0 hello(get=null) 1 world!Compute meter exceeded | 7 …";
// '|' marks a gap, pseudo steps are "init", "save:<hash>", "load:<hash>", "shutdown". A step that
// cannot be read is "5 <what the Error says>" and ends its range.
[[nodiscard]] std::string story(const Recording& recording, const std::string& vat);
[[nodiscard]] std::string story(const Recording& recording, const std::string& vat,
                                StepRange range);
// Each step of the range on its own, those behind an unreadable one too.
[[nodiscard]] std::vector<std::string> steps_of(const Recording& recording, const std::string& vat,
                                                StepRange range);
// All notes, each with a '\n'.
[[nodiscard]] std::string notes_of(const Recording& recording);

// The content of a .gz file, or "" when there is none.
[[nodiscard]] std::string read_gz(const std::filesystem::path& path);

}  // namespace recrank
