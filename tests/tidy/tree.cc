#include "tests/tidy/tree.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

namespace recrank::tidy {
namespace {

constexpr std::string_view kOwnTarget = "recrank::";
constexpr std::string_view kSupportTarget = "recrank_tests_support_";

struct Call {
  std::string function;
  std::vector<std::string> words;
};

// The calls of the three functions in a CMakeLists.txt.
std::vector<Call> calls_in(const std::string& file) {
  std::string text;
  for (const std::string& line : lines_of(file)) text += line.substr(0, line.find('#')) + "\n";
  std::vector<Call> calls;
  for (const std::string& function :
       std::vector<std::string>{"recrank_folder", "recrank_support", "recrank_tests_of"}) {
    for (size_t at = text.find(function + "("); at != std::string::npos;
         at = text.find(function + "(", at + 1)) {
      const size_t begin = at + function.size() + 1;
      std::istringstream words(text.substr(begin, text.find(')', begin) - begin));
      Call call{function, {}};
      for (std::string word; words >> word;) call.words.push_back(word);
      const bool defined = std::find(call.words.begin(), call.words.end(), "SOURCES") ==
                           call.words.end();  // where the function itself is written
      if (!defined) calls.push_back(std::move(call));
    }
  }
  return calls;
}

Folder folder_from(const Call& call, const std::string& path) {
  Folder folder{path, "", {}, {}};
  enum { kProgram, kSources, kUses } part = kProgram;
  for (const std::string& word : call.words) {
    if (word == "SOURCES") part = kSources;
    else if (word == "USES") part = kUses;
    else if (part == kProgram) folder.program = word;
    else if (part == kUses) folder.uses.insert(word);  // a target; a folder later
    else if (word.front() != '$') folder.files.push_back(path + "/" + word);
  }
  if (call.function == "recrank_tests_of") return folder;
  for (const std::string& header : files_of(path, {".h"})) {
    if (folder_of(header) == path) folder.files.push_back(header);
  }
  return folder;
}

// Targets that are folders, as folders; foreign libraries are left out.
std::set<std::string> folders_of(const std::set<std::string>& targets,
                                 const std::map<std::string, std::string>& path_of) {
  std::set<std::string> paths;
  for (const std::string& target : targets) {
    std::string name;
    if (target.rfind(kOwnTarget, 0) == 0) name = target.substr(kOwnTarget.size());
    else if (target.rfind(kSupportTarget, 0) == 0) name = target.substr(8);
    else continue;
    const auto path = path_of.find(name);
    paths.insert(path == path_of.end() ? "?" + name : path->second);
  }
  return paths;
}

}  // namespace

std::vector<std::string> files_of(const std::string& directory,
                                  const std::vector<std::string>& endings) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / directory)) {
    const std::string name = entry.path().filename().string();
    const bool wanted = std::any_of(endings.begin(), endings.end(),
                                    [&](const std::string& each) { return name.ends_with(each); });
    const std::string path = fs::relative(entry.path(), kRoot).string();
    const bool foreign = path.find("node_modules") != std::string::npos;
    if (wanted && !foreign && entry.is_regular_file()) files.push_back(path);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> sources_of(const std::string& directory) {
  return files_of(directory, {".h", ".cc"});
}

std::vector<std::string> lines_of(const std::string& file) {
  std::ifstream stream(kRoot / file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string folder_of(const std::string& file) { return fs::path(file).parent_path().string(); }

std::set<std::string> included_folders(const std::string& file) {
  constexpr std::string_view kInclude = "#include \"";
  std::set<std::string> folders;
  for (const std::string& line : lines_of(file)) {
    if (line.rfind(kInclude, 0) != 0) continue;
    const std::string header = line.substr(kInclude.size());
    folders.insert(folder_of(header.substr(0, header.find('"'))));
  }
  return folders;
}

std::vector<Folder> read_folders() {
  std::vector<Folder> folders;
  for (const std::string& layer : kCode) {
    for (const std::string& file : files_of(layer, {"CMakeLists.txt"})) {
      for (const Call& call : calls_in(file)) folders.push_back(folder_from(call, folder_of(file)));
    }
  }
  std::map<std::string, std::string> path_of;
  for (const Folder& folder : folders) {
    std::string name = folder.path;
    std::replace(name.begin(), name.end(), '/', '_');
    if (folder.program.empty()) path_of[name] = folder.path;
  }
  for (Folder& folder : folders) folder.uses = folders_of(folder.uses, path_of);
  return folders;
}

}  // namespace recrank::tidy
