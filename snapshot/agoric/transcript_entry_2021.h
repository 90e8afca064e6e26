// One transcript entry of 2021: a delivery with the system calls that it made.
#pragma once

#include <string_view>

#include "snapshot/step.h"

namespace recrank::agoric {

// What stands in the member "response" of a recorded system call.
enum class ResponseForm {
  kBareValue,    // the data alone, absent for undefined: the kernel database, .sst of the era
  kWholeResult,  // ["ok",data]: .sst of later extractors
};

// Cuts `json`, {"d":delivery,"syscalls":[{"d":call,"response":data},…]}, into step.delivery and
// step.calls; answers are put together in step.arena (["ok",data]). Other members
// ("transcriptNum") may stand anywhere and are passed over. Leaves all else in `step` alone.
// The views point into `json`, which must live as long as the step's content: pass step.text.
// Throws kInvalidData "JSON: … at byte N" or one line that names the member.
void parse_entry_2021(std::string_view json, Step& step,
                      ResponseForm form = ResponseForm::kBareValue);

}  // namespace recrank::agoric
