#include "replay/shim/unwinder.h"

#include <cxxabi.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <unordered_map>

#include "base/hex.h"
#include "replay/crash/recursion.h"
#include "replay/shim/inlined.h"

namespace recrank::shim {
namespace {

constexpr size_t kInnermostMax = 64;
constexpr size_t kOutermostMax = 16;
constexpr size_t kBehindRecursionMax = 16;  // of the frames that a recursion was begun by
constexpr uint64_t kFramesMax = 1'000'000;  // 8 MiB of stack hold half as many of the smallest
constexpr size_t kHexBuildIdBytesMax = 64;

std::string base_name(const char* path) {
  if (path == nullptr) return "";
  // libdwfl calls the kernel's page "[vdso: PID]".
  if (std::string_view(path).starts_with("[vdso")) return "[vdso]";
  const char* const slash = ::strrchr(path, '/');
  return slash != nullptr ? slash + 1 : path;
}

std::string hex_build_id(Dwfl_Module* module) {
  const unsigned char* bits = nullptr;
  GElf_Addr at = 0;
  const int size = dwfl_module_build_id(module, &bits, &at);
  if (size <= 0) return "";
  return to_hex(bits, std::min(static_cast<size_t>(size), kHexBuildIdBytesMax));
}

char* debug_path() {
  static char path[] = ":.debug:/usr/lib/debug";
  return path;
}
char* g_debug_path = debug_path();

const Dwfl_Callbacks kFileCallbacks{dwfl_linux_proc_find_elf, dwfl_standard_find_debuginfo, nullptr,
                                    &g_debug_path};

}  // namespace

struct Unwinder::Place {
  uint64_t pc = 0;
  bool is_call = false;  // pc is where a call returns to

  [[nodiscard]] uint64_t inside() const { return is_call && pc > 0 ? pc - 1 : pc; }
};

struct Unwinder::Walk {
  std::vector<Place> places;      // innermost first
  bool starts_with_call = false;  // the first place is a return address already
};

// `arg` is the Unwinder everywhere.
struct Unwinder::Callbacks {
  static pid_t next_thread(Dwfl*, void*, void**) { return 0; }

  static int on_frame(Dwfl_Frame* frame, void* arg) {
    Walk& walk = *static_cast<Walk*>(arg);
    Dwarf_Addr pc = 0;
    bool is_activation = false;
    if (!dwfl_frame_pc(frame, &pc, &is_activation)) return DWARF_CB_ABORT;
    walk.places.push_back({pc, walk.places.empty() ? walk.starts_with_call : !is_activation});
    return walk.places.size() < kFramesMax ? DWARF_CB_OK : DWARF_CB_ABORT;
  }

  static bool get_thread(Dwfl*, pid_t tid, void* arg, void** thread_arg) {
    *thread_arg = arg;
    return tid == static_cast<Unwinder*>(arg)->fault_->tid;
  }

  static bool memory_read(Dwfl*, Dwarf_Addr address, Dwarf_Word* word, void* arg) {
    return static_cast<Unwinder*>(arg)->read_word(address, *word);
  }

  // In DWARF's order. Source: System V ABI, AMD64 supplement, figure 3.36.
  static bool set_registers(Dwfl_Thread* thread, void* arg) {
    const user_regs_struct& from = static_cast<Unwinder*>(arg)->start_;
    const std::array<Dwarf_Word, 17> registers{
        from.rax, from.rdx, from.rcx, from.rbx, from.rsi, from.rdi, from.rbp, from.rsp, from.r8,
        from.r9,  from.r10, from.r11, from.r12, from.r13, from.r14, from.r15, from.rip};
    return dwfl_thread_state_registers(thread, 0, registers.size(), registers.data());
  }
};

std::string demangle(const char* name) {
  if (name == nullptr) return "";
  if (::strncmp(name, "_Z", 2) != 0) return name;
  int status = 0;
  char* const plain = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  std::string text = status == 0 && plain != nullptr ? plain : name;
  std::free(plain);
  return text;
}

Unwinder::Unwinder(pid_t pid, const std::vector<Mapping>& mappings, const ProcessMemory& memory)
    : pid_(pid),
      mappings_(mappings),
      memory_(memory),
      dwfl_(dwfl_begin(&kFileCallbacks), &dwfl_end) {
  static const Dwfl_Thread_Callbacks kThreadCallbacks{Callbacks::next_thread,
                                                      Callbacks::get_thread,
                                                      Callbacks::memory_read,
                                                      Callbacks::set_registers,
                                                      nullptr,
                                                      nullptr};
  if (dwfl_ == nullptr) {
    problem_ = dwfl_errmsg(-1);
    return;
  }
  // A hostile engine cannot make files, but it runs from some: those that it has mapped.
  if (dwfl_linux_proc_report(dwfl_.get(), pid_) != 0 ||
      dwfl_report_end(dwfl_.get(), nullptr, nullptr) != 0) {
    problem_ = "its modules cannot be listed";
    return;
  }
  if (!dwfl_attach_state(dwfl_.get(), nullptr, pid_, &kThreadCallbacks, this)) {
    problem_ = dwfl_errmsg(-1);
  }
}

bool Unwinder::read_word(uint64_t address, uint64_t& word) const {
  const RawFault& fault = *fault_;
  if (address >= fault.stack_begin && fault.stack.size() >= sizeof(word) &&
      address - fault.stack_begin <= fault.stack.size() - sizeof(word)) {
    ::memcpy(&word, fault.stack.data() + (address - fault.stack_begin), sizeof(word));
    return true;
  }
  return memory_.read(address, &word, sizeof(word)) == sizeof(word);
}

// No table tells how to leave a place that holds no code. A jump there was most likely a call,
// which leaves the place to return to on top of the stack; code that is made at run time jumps in
// other ways, but keeps frames.
bool Unwinder::go_to_caller() {
  const auto is_code = [&](uint64_t address) {
    const Mapping* const mapping = find_mapping(mappings_, address);
    return mapping != nullptr && mapping->executable;
  };
  uint64_t back = 0;
  if (read_word(start_.rsp, back) && is_code(back)) {
    start_.rip = back;
    start_.rsp += sizeof(back);
    return true;
  }
  uint64_t outer = 0;
  const uint64_t frame = start_.rbp;
  if (frame < start_.rsp || !read_word(frame, outer) || !read_word(frame + sizeof(back), back) ||
      !is_code(back)) {
    return false;
  }
  start_.rip = back;
  start_.rsp = frame + 2 * sizeof(back);
  start_.rbp = outer;
  return true;
}

Backtrace Unwinder::unwind(const RawFault& fault) {
  Backtrace trace;
  if (!fault.registers) {
    trace.problem = "its registers cannot be read";
    return trace;
  }
  fault_ = &fault;
  start_ = *fault.registers;
  Walk walk;
  const Mapping* const code = find_mapping(mappings_, start_.rip);
  if (code == nullptr || !code->executable) {
    const std::vector<Frame> lost = symbolize(start_.rip, false);
    trace.frames.insert(trace.frames.end(), lost.begin(), lost.end());
    if (!go_to_caller()) {
      trace.problem =
          "it runs where no code is, and neither the top of its stack nor its frame "
          "pointer names a caller";
      return trace;
    }
    walk.starts_with_call = true;
  }
  if (!problem_.empty()) {
    const std::vector<Frame> here = symbolize(start_.rip, walk.starts_with_call);
    trace.frames.insert(trace.frames.end(), here.begin(), here.end());
    trace.problem = problem_;
    return trace;
  }
  const int status = dwfl_getthread_frames(dwfl_.get(), fault.tid, Callbacks::on_frame, &walk);
  if (status < 0) trace.problem = dwfl_errmsg(-1);
  if (walk.places.size() >= kFramesMax) trace.problem = "it has more frames than are followed";
  if (walk.places.empty()) walk.places.push_back({start_.rip, walk.starts_with_call});
  size_t next = 0;
  for (const size_t index : choose(walk.places)) {
    const Place& place = walk.places[index];
    std::vector<Frame> frames = symbolize(place.pc, place.is_call);
    frames.front().left_out_before = index - next;
    next = index + 1;
    trace.frames.insert(trace.frames.end(), frames.begin(), frames.end());
  }
  return trace;
}

// Which places of a stack are told: of a deep one both ends. Where a recursion fills its innermost
// part, what began it lies in between, and says more than either.
std::vector<size_t> Unwinder::choose(const std::vector<Place>& places) const {
  const size_t count = places.size();
  std::vector<size_t> chosen;
  const auto add = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) chosen.push_back(i);
  };
  if (count <= kInnermostMax + kOutermostMax) {
    add(0, count);
    return chosen;
  }
  add(0, kInnermostMax);
  const size_t outermost = count - kOutermostMax;
  std::unordered_map<uint64_t, uint64_t> known;  // a recursion has many frames and few places
  std::vector<uint64_t> functions(count);
  for (size_t i = 0; i < count; ++i) {
    const auto [found, is_new] = known.try_emplace(places[i].inside());
    if (is_new) found->second = function_at(places[i].inside());
    functions[i] = found->second;
  }
  for (const Recursion& each : recursions_of(std::span<const uint64_t>(functions))) {
    if (!each.contains(kInnermostMax - 1)) continue;
    add(std::max(each.end, kInnermostMax), std::min(each.end + kBehindRecursionMax, outermost));
  }
  add(outermost, count);
  return chosen;
}

// Where the function of a place begins; without a symbol the place itself.
uint64_t Unwinder::function_at(uint64_t place) const {
  Dwfl_Module* const module = dwfl_addrmodule(dwfl_.get(), place);
  GElf_Off offset = 0;
  GElf_Sym symbol{};
  const char* const name = module == nullptr ? nullptr
                                             : dwfl_module_addrinfo(module, place, &offset, &symbol,
                                                                    nullptr, nullptr, nullptr);
  return name == nullptr ? place : place - offset;
}

// `place` lies inside the call, `pc` behind it.
Frame Unwinder::locate(Dwfl_Module* module, uint64_t pc, uint64_t place) const {
  Frame frame;
  frame.address = pc;
  Dwarf_Addr begin = 0;
  const char* const path =
      dwfl_module_info(module, nullptr, &begin, nullptr, nullptr, nullptr, nullptr, nullptr);
  frame.module = base_name(path);
  frame.build_id = hex_build_id(module);
  frame.offset = pc - begin;
  GElf_Off offset = 0;
  GElf_Sym symbol{};
  const char* const name =
      dwfl_module_addrinfo(module, place, &offset, &symbol, nullptr, nullptr, nullptr);
  if (name != nullptr) {
    frame.function = demangle(name);
    // Without the version of the library that a name was bound to: "exit@@GLIBC_2.2.5".
    frame.function.resize(std::min(frame.function.size(), frame.function.find('@')));
    frame.function_offset = offset + (pc - place);
  }
  if (Dwfl_Line* const line = dwfl_module_getsrc(module, place)) {
    int number = 0;
    const char* const file = dwfl_lineinfo(line, nullptr, &number, nullptr, nullptr, nullptr);
    frame.file = base_name(file);
    frame.line = number > 0 ? static_cast<uint32_t>(number) : 0;
  }
  return frame;
}

std::vector<Frame> Unwinder::symbolize(uint64_t pc, bool is_call) const {
  const uint64_t place = is_call && pc > 0 ? pc - 1 : pc;
  Dwfl_Module* const module = dwfl_ != nullptr ? dwfl_addrmodule(dwfl_.get(), place) : nullptr;
  if (module == nullptr) {
    Frame frame;
    frame.address = pc;
    return {frame};
  }
  return expand_inlined(module, place, locate(module, pc, place));
}

std::optional<uint64_t> Unwinder::find_symbol(const char* name) const {
  struct Search {
    const char* name;
    uint64_t address;
  } search{name, 0};
  const auto look = [](Dwfl_Module* module, void**, const char*, Dwarf_Addr, void* arg) -> int {
    Search& wanted = *static_cast<Search*>(arg);
    const int count = dwfl_module_getsymtab(module);
    for (int i = 1; i < count; ++i) {
      GElf_Sym symbol{};
      GElf_Addr address = 0;
      const char* const found =
          dwfl_module_getsym_info(module, i, &symbol, &address, nullptr, nullptr, nullptr);
      if (found == nullptr || symbol.st_shndx == SHN_UNDEF || ::strcmp(found, wanted.name) != 0) {
        continue;
      }
      wanted.address = address;
      return DWARF_CB_ABORT;
    }
    return DWARF_CB_OK;
  };
  if (dwfl_ == nullptr) return std::nullopt;
  dwfl_getmodules(dwfl_.get(), look, &search, 0);
  return search.address != 0 ? std::optional(search.address) : std::nullopt;
}

}  // namespace recrank::shim
