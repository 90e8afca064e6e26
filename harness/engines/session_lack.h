// What the session that recrank was started in lacks for an engine to start.
#pragma once

#include <string>

namespace recrank {

// "20 open files, of which 256 are wanted (ulimit -n)", "no /proc (mount it)"; empty: nothing is
// known to lack. An engine that does not start here for want of it is no bad engine.
[[nodiscard]] std::string session_lack();

}  // namespace recrank
