#include "replay/redis/system.h"

#include <array>

#include "replay/redis/redis_engine.h"
#include "snapshot/redis/redis_aof.h"

namespace recrank::redis {
namespace {

class CommandDialect : public Dialect {
 public:
  [[nodiscard]] std::string_view name() const override { return kRedisDialect; }
  [[nodiscard]] std::string_view why_no_variations() const override {
    return "a server's state is not written between commands";
  }
};

constinit const CommandDialect kCommands;
constexpr std::array<const Dialect*, 1> kDialects{&kCommands};
constexpr std::array kFormats{&kRedisFormat};
constexpr std::array kKinds{EngineKind{"redis", program::open_program<make_redis_engine>}};

}  // namespace

constinit const System kSystem{
    .name = "redis", .page = "redis", .dialects = kDialects, .formats = kFormats, .kinds = kKinds};

}  // namespace recrank::redis
