#include "tests/support/snapshot/montana_generator.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "base/little_endian.h"

namespace recrank {
namespace {

namespace fs = std::filesystem;
using namespace montana;

constexpr uint64_t kPaid = 13'000'000'000;

void write_montana_file(const fs::path& file, std::string_view bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) std::abort();
}

std::string le(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

void put(std::string& bytes, size_t at, std::string_view value) {
  bytes.replace(at, value.size(), value);
}

// Adds to a little-endian number of any length.
void add(std::string& bytes, size_t at, size_t size, uint64_t more) {
  unsigned carry = 0;
  for (size_t i = 0; i < size; ++i) {
    const auto added = static_cast<unsigned>(i < 8 ? more >> (8 * i) & 0xff : 0);
    const unsigned sum = static_cast<unsigned char>(bytes[at + i]) + added + carry;
    bytes[at + i] = static_cast<char>(sum);
    carry = sum >> 8;
  }
}

}  // namespace

std::string MontanaGenerator::signed_part(const Bundle& bundle) {
  return std::string(bytes_of(bundle.node)) + std::string(bytes_of(bundle.clock)) +
         le(bundle.window, 8) + le(bundle.operations, 2) +
         std::string(bundle.operations * sizeof(Digest), 'o') + le(1, 2) +
         std::string(sizeof(Digest), 'r');
}

std::string MontanaGenerator::encode_list(const std::vector<Bundle>& list) {
  std::string bytes = le(list.size(), 2);
  for (const Bundle& bundle : list)
    bytes += signed_part(bundle) + std::string(kSignatureBytes, 's');
  return bytes;
}

Digest MontanaGenerator::root_of(const std::vector<Bundle>& list) {
  Tree tree;
  for (const Bundle& bundle : list) {
    const Digest hash = tagged_hash("mt-bundle", signed_part(bundle));
    tree.put(bundle.node,
             leaf_hash(std::string(bytes_of(bundle.node)) + std::string(bytes_of(hash))));
  }
  return tree.root();
}

Digest MontanaGenerator::id(const std::string& what, size_t number) {
  return sha256_digest({what, std::to_string(number)});
}

MontanaGenerator::MontanaGenerator(fs::path directory, const MontanaChain& chain)
    : directory_(std::move(directory)),
      chain_(chain),
      window_(chain.first_window - 1),
      told_clock_hashes_(chain.clock_hashes) {
  for (size_t i = 0; i < chain.accounts; ++i) add_record(Table::kAccounts, id("account", i));
  for (size_t i = 0; i < chain.nodes; ++i) {
    add_record(Table::kNodes, id("node", i));
    put(records(Table::kNodes), i * kNodeBytes + kNodeOperator,
        bytes_of(id("account", i % chain.accounts)));
    rehash(Table::kNodes, static_cast<uint32_t>(i));
  }
  clock_ = sha256_digest({chain.salt});
  fs::create_directories(directory_ / "proposals");
  write_montana_file(directory_ / "identity.bin", "secret keys");
}

void MontanaGenerator::add_record(Table table, const Digest& id) {
  std::string record(record_bytes(table), '\0');
  put(record, 0, bytes_of(id));
  records(table) += record;
  trees_[static_cast<size_t>(table)].put(id, leaf_hash(record));
}

void MontanaGenerator::rehash(Table table, uint32_t number) {
  const size_t size = record_bytes(table);
  const std::string_view record = std::string_view(records(table)).substr(number * size, size);
  trees_[static_cast<size_t>(table)].put(digest_at(record, 0), leaf_hash(record));
}

MontanaGenerator& MontanaGenerator::run(uint64_t count, const MontanaTwist& twist) {
  for (uint64_t i = 0; i < count; ++i) close(twist);
  return *this;
}

void MontanaGenerator::pay(const Digest& winner) {
  const Tree& nodes = trees_[static_cast<size_t>(Table::kNodes)];
  const auto node = nodes.find(winner);
  if (!node) return;  // a twist: nobody is paid
  const Digest owner = digest_at(records(Table::kNodes), *node * kNodeBytes + kNodeOperator);
  const auto account = trees_[static_cast<size_t>(Table::kAccounts)].find(owner);
  if (!account) return;
  add(records(Table::kAccounts), *account * kAccountBytes + kAccountBalance, kBalanceBytes, kPaid);
  rehash(Table::kAccounts, *account);
}

void MontanaGenerator::confirm() {
  for (const Bundle& bundle : bundles_) {
    const auto node = trees_[static_cast<size_t>(Table::kNodes)].find(bundle.node);
    if (!node) continue;
    std::string& all = records(Table::kNodes);
    add(all, *node * kNodeBytes + kNodeChainLength, 8, 1);
    put(all, *node * kNodeBytes + kNodeLastConfirmation, le(window_, 8));
    rehash(Table::kNodes, *node);
  }
}

void MontanaGenerator::end_epoch() {
  std::string& all = records(Table::kNodes);
  const size_t rotated = chain_.rotates_checkpoints ? all.size() / kNodeBytes : 0;
  for (size_t number = 0; number < rotated; ++number) {
    const size_t at = number * kNodeBytes;
    const std::string length = all.substr(at + kNodeChainLength, 8);
    put(all, at + kNodeCheckpoints, all.substr(at + kNodeCheckpoints + 8, 5 * 8) + length);
    const uint64_t gained = read_u64(length, 0) - read_u64(all, at + kNodeCheckpoints);
    put(all, at + kNodeSnapshot, le(gained, 8));
    rehash(Table::kNodes, static_cast<uint32_t>(number));
  }
  told_clock_hashes_ = told_clock_hashes_ * 103 / 100;
  if (chain_.clock_is_raised) chain_.clock_hashes = told_clock_hashes_;
}

std::vector<MontanaGenerator::Bundle> MontanaGenerator::bundles_of(
    uint64_t window, const MontanaTwist& twist) const {
  std::vector<Bundle> bundles;
  for (size_t i = 0; i < std::min(chain_.confirmers, chain_.nodes); ++i) {
    bundles.push_back({id("node", (window + i) % chain_.nodes),
                       twist.bundle_window.value_or(window), twist.operations, clock_});
  }
  if (twist.stranger) bundles.push_back({*twist.stranger, window, 0, clock_});
  if (twist.twice && !bundles.empty()) bundles.push_back(bundles.front());
  return bundles;
}

std::string MontanaGenerator::header_of(const Digest& winner, const Digest& bundles_root,
                                        const MontanaTwist& twist) {
  Roots roots{trees_[static_cast<size_t>(Table::kNodes)].root(),
              trees_[static_cast<size_t>(Table::kCandidates)].root(),
              trees_[static_cast<size_t>(Table::kAccounts)].root()};
  if (twist.node_root) roots.node = *twist.node_root;
  if (twist.candidate_root) roots.candidate = *twist.candidate_root;
  std::string header(kHeaderBytes, '\0');
  if (!header_.empty()) put(header, kPrevProposalHash, bytes_of(proposal_hash(header_)));
  put(header, kWindow, le(window_, 8));
  put(header, kVersion, le(twist.version, 4));
  put(header, kControlRoot, bytes_of(twist.control_root.value_or(sha256_digest({"control"}))));
  put(header, kNodeRoot, bytes_of(roots.node));
  put(header, kCandidateRoot, bytes_of(roots.candidate));
  put(header, kAccountRoot, bytes_of(roots.account));
  put(header, kStateRoot, bytes_of(state_root_of(roots)));
  put(header, kClockValue, bytes_of(clock_));
  put(header, kBundlesRoot, bytes_of(bundles_root));
  put(header, kWinnerId, bytes_of(winner));
  put(header, kProposer, bytes_of(sha256_digest({twist.proposer})));
  put(header, kFallbackDepth, "\1");
  put(header, kSignature, bytes_of(sha256_digest({twist.proposer, std::to_string(window_)})));
  return header;
}

void MontanaGenerator::close(const MontanaTwist& twist) {
  ++window_;
  const Digest winner = twist.winner.value_or(id("node", window_ * 7 % chain_.nodes));
  const std::string confirming = encode_list(bundles_);
  const Digest bundles_root = root_of(bundles_);
  pay(winner);
  confirm();
  sha256_repeat(clock_, chain_.clock_hashes);
  if (twist.clock) clock_ = *twist.clock;
  if (window_ % 20160 == 0) end_epoch();
  header_ = header_of(winner, bundles_root, twist);
  bundles_ = bundles_of(window_, twist);
  write_montana_file(proposal(window_), header_ + confirming + encode_list(bundles_));
}

fs::path MontanaGenerator::proposal(uint64_t window) const {
  std::string digits = std::to_string(window);
  digits.insert(0, 20 - digits.size(), '0');
  return directory_ / "proposals" / (digits + ".bin");
}

MontanaGenerator& MontanaGenerator::save_table(Table table) {
  write_montana_file(directory_ / file_name(table), records(table));
  return *this;
}

MontanaGenerator& MontanaGenerator::save_clock(std::optional<uint64_t> claimed_window) {
  std::string clock = "mttc" + std::string("\2\0\0\0", 4);
  clock += bytes_of(clock_);
  clock += le(told_clock_hashes_, 8) + le(claimed_window.value_or(window_), 8);
  clock += std::string(16, '\xff') + le(0, 8);
  write_montana_file(directory_ / "meta" / "timechain.bin", clock);
  return *this;
}

MontanaGenerator& MontanaGenerator::save_clock_ahead() {
  const Digest now = clock_;
  sha256_repeat(clock_, chain_.clock_hashes);
  save_clock(window_ + 1);
  clock_ = now;
  return *this;
}

MontanaGenerator& MontanaGenerator::save_current_window(uint64_t window) {
  write_montana_file(directory_ / "meta" / "current_window.bin",
                     "mtcw" + std::string("\1\0\0\0", 4) + le(window, 8));
  return *this;
}

MontanaGenerator& MontanaGenerator::save_last_cemented(uint64_t window) {
  write_montana_file(directory_ / "meta_last_cemented.bin", le(window, 8));
  return *this;
}

MontanaGenerator& MontanaGenerator::save() {
  for (const Table table : kTables) save_table(table);
  return save_clock().save_current_window(window_).save_last_cemented(window_);
}

MontanaGenerator& MontanaGenerator::forget_proposals(StepRange windows) {
  for (uint64_t window = windows.begin; window < windows.end; ++window)
    fs::remove(proposal(window));
  return *this;
}

MontanaGenerator& MontanaGenerator::write_to(fs::path directory) {
  directory_ = std::move(directory);
  fs::create_directories(directory_ / "proposals");
  return *this;
}

void flip_bits(const fs::path& file, size_t at, unsigned char bits) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(at));
  const auto byte = static_cast<char>(static_cast<unsigned char>(stream.get()) ^ bits);
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(byte);
  stream.close();
  if (!stream) std::abort();
}

}  // namespace recrank
