#include "replay/shim/inlined.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "replay/shim/unwinder.h"

namespace recrank::shim {
namespace {

constexpr size_t kInlinedMax = 20;  // per place

std::string function_of(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  for (const unsigned int name : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name}) {
    if (dwarf_attr_integrate(die, name, &attribute) != nullptr) {
      return demangle(dwarf_formstring(&attribute));
    }
  }
  const char* const plain = dwarf_diename(die);
  return plain != nullptr ? plain : "";
}

// Where the inlined call stands in its caller.
void move_to_call_site(Dwarf_Die* unit, Dwarf_Die* call, Frame& caller) {
  Dwarf_Attribute attribute;
  Dwarf_Word line = 0;
  Dwarf_Word file = 0;
  caller.file.clear();
  caller.line = 0;
  if (dwarf_attr(call, DW_AT_call_line, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &line) != 0 ||
      dwarf_attr(call, DW_AT_call_file, &attribute) == nullptr ||
      dwarf_formudata(&attribute, &file) != 0) {
    return;
  }
  Dwarf_Files* files = nullptr;
  size_t count = 0;
  if (dwarf_getsrcfiles(unit, &files, &count) != 0 || file >= count) return;
  const char* const path = dwarf_filesrc(files, file, nullptr, nullptr);
  if (path == nullptr) return;
  const char* const slash = ::strrchr(path, '/');
  caller.file = slash != nullptr ? slash + 1 : path;
  caller.line = static_cast<uint32_t>(line);
}

using Scopes = std::unique_ptr<Dwarf_Die, decltype(&std::free)>;

}  // namespace

std::vector<Frame> expand_inlined(Dwfl_Module* module, uint64_t place, Frame frame) {
  std::vector<Frame> frames;
  Dwarf_Addr bias = 0;
  Dwarf_Die* const unit = dwfl_module_addrdie(module, place, &bias);
  if (unit == nullptr) return {std::move(frame)};
  Dwarf_Die* found = nullptr;
  int count = dwarf_getscopes(unit, place - bias, &found);
  const Scopes around(found, &std::free);
  if (count <= 0) return {std::move(frame)};
  // The scopes of a place lead from an inlined call to where its function is written; those of an
  // entry lead to where it was inlined.
  found = nullptr;
  count = dwarf_getscopes_die(around.get(), &found);
  const Scopes scopes(found, &std::free);
  for (int i = 0; i < count && frames.size() < kInlinedMax; ++i) {
    Dwarf_Die* const scope = scopes.get() + i;
    const int tag = dwarf_tag(scope);
    if (tag == DW_TAG_subprogram) {
      if (frame.function.empty()) frame.function = function_of(scope);
      break;
    }
    if (tag != DW_TAG_inlined_subroutine) continue;
    Frame inlined = frame;
    inlined.function = function_of(scope);
    inlined.function_offset = 0;
    inlined.inlined = true;
    frames.push_back(std::move(inlined));
    move_to_call_site(unit, scope, frame);
  }
  frames.push_back(std::move(frame));
  return frames;
}

}  // namespace recrank::shim
