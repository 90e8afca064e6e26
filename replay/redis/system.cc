#include "replay/redis/system.h"

#include <array>

#include "replay/engine_file.h"
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

std::unique_ptr<Engine> open_redis(const EngineSource& source, const Interrupt& interrupt) {
  return make_redis_engine(
      program::load_program(EngineFile(source.place), source.name, source.program, interrupt));
}

constinit const CommandDialect kCommands;
constexpr std::array<const Dialect*, 1> kDialects{&kCommands};
constexpr std::array kFormats{&kRedisFormat};
constexpr std::array kKinds{EngineKind{"redis", open_redis}};

}  // namespace

constinit const System kSystem{
    .name = "redis", .page = "redis", .dialects = kDialects, .formats = kFormats, .kinds = kKinds};

}  // namespace recrank::redis
