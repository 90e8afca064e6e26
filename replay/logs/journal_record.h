// Records of a journal that take several lines: journalctl -o export, verbose and json-pretty.
//
//   __CURSOR=s=f97c…                  Sun 2026-06-28 00:12:02.001234 UTC [s=f97c…;i=1;…]
//   __REALTIME_TIMESTAMP=17826…           _PID=931
//   _PID=931                              _SYSTEMD_UNIT=dispatch.service
//   MESSAGE=panic(main thread): …         MESSAGE=panic(main thread): …
//                                                 its second line
//
// In an export, a value with bytes that are no text stands behind its name's line as eight bytes
// of its size, lowest first, and the bytes; an empty line ends the record. In the others the next
// record, or the closing bracket, does. Source: systemd.io/JOURNAL_EXPORT_FORMATS; systemd 252.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "replay/logs/collected.h"

namespace recrank {

// Takes a log's lines one by one. One thread.
class JournalRecordReader {
 public:
  // Whether the line is part of a record. One that it ends, or that an earlier line had ended
  // without anybody asking, is then finished().
  [[nodiscard]] bool take(std::string_view line);
  // The record that is complete; at the end of a file, `at_end`, also the one that is open.
  // Nullopt: there is none, or it holds no message.
  [[nodiscard]] std::optional<Collected> finished(bool at_end = false);

 private:
  enum class Form { kNone, kExport, kVerbose, kPretty };

  bool begin(std::string_view line);
  bool take_export(std::string_view line);
  bool take_verbose(std::string_view line);
  bool take_pretty(std::string_view line);
  void take_bytes(std::string_view line);
  void add_field(std::string_view name, std::string_view value);
  void flush_value();
  void close();

  Form form_ = Form::kNone;
  Collected open_;
  std::optional<Collected> done_;
  std::string name_;  // of the value that is being read
  std::string value_;
  bool in_bytes_ = false;
  std::string pretty_;
};

}  // namespace recrank
