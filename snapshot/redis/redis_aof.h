// Reads what a Redis server (7.0 and later) with `appendonly yes` leaves behind: a base RDB file,
// and behind it every command that changed the data. What it comes to: docs/systems/redis.md.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "snapshot/format.h"
#include "snapshot/recording.h"

namespace recrank::redis {

// How recordings, engines and reports call it.
inline constexpr std::string_view kRedisDialect = "redis";

// `directory` is the server's "appendonlydir"; a step is a command in RESP. Lines "FILE SIZE
// DIGEST" of a file `digests` in it give the command with which that file of commands had that size
// the fact `digest`; the local fact `expires_at` tells when a key that it sets expires.
// kInvalidData without a base to begin from.
[[nodiscard]] std::unique_ptr<Recording> open_redis_aof(const std::filesystem::path& directory,
                                                        const std::string& shown_path);

extern const Format kRedisFormat;

}  // namespace recrank::redis
