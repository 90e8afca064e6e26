#include "snapshot/io/zstd_stream.h"

#include <zstd.h>

#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace recrank {
namespace {

constexpr int kLevel = 9;       // heaps: a third smaller than level 1, at 60 MB/s and more
constexpr int kWindowLog = 23;  // 8 MiB: what a reader must be ready to hold

void must(size_t code, const char* function) {
  if (ZSTD_isError(code) == 0) return;
  throw Error(ErrorCode::kIo, std::string(function) + ": " + ZSTD_getErrorName(code));
}

}  // namespace

struct ZstdPacker::Context {
  Context() : cctx(ZSTD_createCCtx()) {
    if (cctx == nullptr) throw Error(ErrorCode::kIo, "ZSTD_createCCtx: out of memory");
  }
  ~Context() { ZSTD_freeCCtx(cctx); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ZSTD_CCtx* cctx;
};

ZstdPacker::ZstdPacker(ByteSink sink)
    : sink_(std::move(sink)),
      context_(std::make_unique<Context>()),
      out_(ZSTD_CStreamOutSize(), '\0') {
  must(ZSTD_CCtx_setParameter(context_->cctx, ZSTD_c_compressionLevel, kLevel),
       "ZSTD_CCtx_setParameter");
  must(ZSTD_CCtx_setParameter(context_->cctx, ZSTD_c_windowLog, kWindowLog),
       "ZSTD_CCtx_setParameter");
}

ZstdPacker::~ZstdPacker() = default;

void ZstdPacker::run(std::string_view piece, bool last) {
  ZSTD_inBuffer in{piece.data(), piece.size(), 0};
  for (;;) {
    ZSTD_outBuffer out{out_.data(), out_.size(), 0};
    const size_t left =
        ZSTD_compressStream2(context_->cctx, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
    must(left, "ZSTD_compressStream2");
    if (out.pos > 0) sink_({out_.data(), out.pos});
    if (last ? left == 0 : in.pos == in.size) return;
  }
}

void ZstdPacker::write(std::string_view piece) {
  raw_bytes_ += piece.size();
  if (!piece.empty()) run(piece, false);
}

void ZstdPacker::finish() { run({}, true); }

struct ZstdUnpacker::Context {
  Context() : dctx(ZSTD_createDCtx()) {
    if (dctx == nullptr) throw Error(ErrorCode::kIo, "ZSTD_createDCtx: out of memory");
  }
  ~Context() { ZSTD_freeDCtx(dctx); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ZSTD_DCtx* dctx;
};

ZstdUnpacker::ZstdUnpacker(std::string_view frame, std::string name)
    : frame_(frame), name_(std::move(name)), context_(std::make_unique<Context>()) {
  must(ZSTD_DCtx_setParameter(context_->dctx, ZSTD_d_windowLogMax, kWindowLog),
       "ZSTD_DCtx_setParameter");
}

ZstdUnpacker::~ZstdUnpacker() = default;

size_t ZstdUnpacker::read(char* data, size_t size) {
  RECRANK_CHECK(size > 0);
  ZSTD_outBuffer out{data, size, 0};
  while (out.pos == 0 && !ended_) {
    ZSTD_inBuffer in{frame_.data(), frame_.size(), at_};
    const size_t left = ZSTD_decompressStream(context_->dctx, &out, &in);
    if (ZSTD_isError(left) != 0) {
      throw Error(ErrorCode::kInvalidData, name_ + ": zstd: " + ZSTD_getErrorName(left));
    }
    at_ = in.pos;
    if (left == 0) {
      ended_ = true;
      if (at_ != frame_.size()) {
        throw Error(ErrorCode::kInvalidData, name_ + ": bytes behind the zstd frame");
      }
    } else if (at_ == frame_.size() && out.pos == 0) {
      throw Error(ErrorCode::kInvalidData, name_ + ": the zstd frame is cut off");
    }
  }
  return out.pos;
}

void ZstdUnpacker::read_exactly(char* data, size_t size) {
  for (size_t done = 0; done < size;) {
    const size_t got = read(data + done, size - done);
    if (got == 0) throw Error(ErrorCode::kInvalidData, name_ + ": ends early");
    done += got;
  }
}

}  // namespace recrank
