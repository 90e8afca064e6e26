// Engine over a real redis-server: it loads the base RDB file, then gets the commands one by one.
#pragma once

#include <memory>

#include "replay/program/process_engine.h"

namespace recrank::redis {

// `program` is of an engine file with "kind":"redis". Dialect "redis". The server runs within its
// own loopback and saves nothing. What hangs on the clock, a key that has expired by now, is
// kUnsupported.
[[nodiscard]] std::unique_ptr<Engine> make_redis_engine(program::ProcessProgram program);

}  // namespace recrank::redis
