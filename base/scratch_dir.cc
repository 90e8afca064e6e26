#include "base/scratch_dir.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace recrank {

ScratchDir::ScratchDir() {
  const char* parent = std::getenv("TMPDIR");
  std::string name = std::string(parent != nullptr && *parent != '\0' ? parent : "/tmp");
  name += "/recrank-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) {
    throw_errno("cannot make a scratch directory " + name + " (set TMPDIR to a writable place)",
                errno);
  }
  path_ = name;
}

ScratchDir::ScratchDir(ScratchDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}

ScratchDir::~ScratchDir() {
  if (path_.empty()) return;
  std::error_code ignored;  // a destructor can do no more about it
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace recrank
