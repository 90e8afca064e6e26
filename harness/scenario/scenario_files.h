// What `run --out DIR` keeps of a case that did not come out as expected.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace recrank {

struct CaseFiles {
  std::string report;      // as `replay --json` gives it; empty: it did not run
  std::string text;        // for people
  std::string last_words;  // of an engine that died; empty: none
};

// Makes DIR, or takes one that is empty or was made so before: files in it are replaced. kUsage for
// one that holds other things, unless `whatever_it_holds`.
void claim_case_directory(const std::filesystem::path& directory, bool whatever_it_holds);

// Writes DIR/SCENARIO/CASE.json, .txt and .last-words.txt, each whole or not at all, and gives
// their names relative to DIR. A blank becomes '_', what no file name should hold '-'; a name in
// which something became '-', or that is long, ends with a piece of its sha256, so that two cases
// never share one. kIo.
[[nodiscard]] std::vector<std::string> write_case_files(const std::filesystem::path& directory,
                                                        const std::string& scenario,
                                                        const std::string& name,
                                                        const CaseFiles& files);

// `text` as the name of a file.
[[nodiscard]] std::string safe_file_name(const std::string& text);

}  // namespace recrank
