// The bytes of a Montana node's data directory: where each field lies.
// Format: docs/formats/montana.md. All numbers are little-endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/digest.h"

namespace recrank::montana {

// Tables: fixed records, one behind the other.
inline constexpr size_t kAccountBytes = 2059;
inline constexpr size_t kNodeBytes = 2098;
inline constexpr size_t kCandidateBytes = 2082;
inline constexpr size_t kIdBytes = 32;  // each record begins with its id, the key in its tree

inline constexpr size_t kAccountBalance = 32;  // u128
inline constexpr size_t kBalanceBytes = 16;

inline constexpr size_t kPublicKeyBytes = 1952;                // ML-DSA-65
inline constexpr size_t kNodeOperator = 34 + kPublicKeyBytes;  // id of an account
inline constexpr size_t kNodeStart = 66 + kPublicKeyBytes;     // u64, a window
inline constexpr size_t kNodeChainLength = kNodeStart + 8;     // u64
inline constexpr size_t kNodeSnapshot = kNodeStart + 16;       // u64: what the last six τ₂ added
inline constexpr size_t kNodeCheckpoints = kNodeStart + 24;    // u64 each, the oldest first
inline constexpr size_t kNodeCheckpointCount = 6;
inline constexpr size_t kNodeLastConfirmation = kNodeStart + 72;  // u64, a window

// The header that an envelope begins with.
inline constexpr size_t kPrevProposalHash = 0;
inline constexpr size_t kWindow = 32;   // u64
inline constexpr size_t kVersion = 40;  // u32
inline constexpr size_t kControlRoot = 44;
inline constexpr size_t kNodeRoot = 76;
inline constexpr size_t kCandidateRoot = 108;
inline constexpr size_t kAccountRoot = 140;
inline constexpr size_t kStateRoot = 172;
inline constexpr size_t kClockValue = 204;
inline constexpr size_t kBundlesRoot = 236;
inline constexpr size_t kRevealsRoot = 268;
inline constexpr size_t kWinnerEndpoint = 300;
inline constexpr size_t kWinnerId = 332;
inline constexpr size_t kProposer = 364;
inline constexpr size_t kTarget = 396;  // 16 bytes
inline constexpr size_t kTargetBytes = 16;
inline constexpr size_t kFallbackDepth = 412;  // one byte
inline constexpr size_t kSignature = 413;      // the hash link is over all before it
inline constexpr size_t kSignatureBytes = 3309;
inline constexpr size_t kHeaderBytes = kSignature + kSignatureBytes;

// A confirmation bundle behind the header.
inline constexpr size_t kBundleFixedBytes = 72;  // node id 32, endpoint 32, window u64

// Files in meta/: a magic, and behind it a byte for the version.
inline constexpr size_t kMetaVersion = 4;
inline constexpr std::string_view kCurrentWindowMagic = "mtcw";
inline constexpr char kCurrentWindowVersion = 1;
inline constexpr size_t kCurrentWindowBytes = 16;
inline constexpr size_t kCurrentWindowOldBytes = 8;
inline constexpr std::string_view kClockFile = "meta/timechain.bin";
inline constexpr std::string_view kClockMagic = "mttc";
inline constexpr size_t kClockBytes = 80;     // version 2
inline constexpr size_t kClockOldBytes = 56;  // version 1
inline constexpr size_t kClockFileValue = 8;
inline constexpr size_t kClockFileHashes = 40;      // u64: D, hashes in a window
inline constexpr size_t kClockFileLastWindow = 48;  // u64
// A D that nothing real comes near: a day of hashing for a window of a minute. Ten years of raises
// lead there.
inline constexpr uint64_t kClockHashesMax = uint64_t{1} << 40;

// At the end of a τ₂ the node also rotates checkpoints, and raises D and the target.
inline constexpr uint64_t kEpochWindows = 20160;
[[nodiscard]] constexpr bool ends_epoch(uint64_t window) { return window % kEpochWindows == 0; }
// D behind the end of a τ₂: 3 % more, rounded down.
[[nodiscard]] uint64_t raised_clock_hashes(uint64_t hashes);
// The D that was raised to this one; nullopt: none is.
[[nodiscard]] std::optional<uint64_t> unraised_clock_hashes(uint64_t hashes);

// A window that nothing real comes near; keeps sums of windows inside 64 bits.
inline constexpr uint64_t kWindowMax = uint64_t{1} << 62;

// SHA-256 over domain, a zero byte, and the parts.
[[nodiscard]] Digest tagged_hash(std::string_view domain, std::string_view first,
                                 std::string_view second = {}, std::string_view third = {});

struct Roots {
  Digest node{};
  Digest candidate{};
  Digest account{};
  friend bool operator==(const Roots&, const Roots&) = default;
};
[[nodiscard]] Roots roots_in(std::string_view header);
[[nodiscard]] Digest state_root_of(const Roots& roots);

// What the header of the next window must hold as prev_proposal_hash.
[[nodiscard]] Digest proposal_hash(std::string_view header);

}  // namespace recrank::montana
