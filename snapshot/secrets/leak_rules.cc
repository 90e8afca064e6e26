#include "snapshot/secrets/leak_rules.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "snapshot/secrets/ascii.h"

namespace recrank {

extern const std::string_view kOwnRulesToml;
extern const std::string_view kGitleaksToml;

namespace {

constexpr int kGroupsMax = 16;
constexpr size_t kFindingsMax = 1000;  // of one rule in one text, before it is given up as harmless
constexpr int64_t kMemoryBytes = int64_t{32} << 20;

// "generic-api-key" takes what stands behind a word such as "key" for one when it looks random: in
// the files of a chain, public keys and hashes do. secret_settings.h judges names instead.
const std::set<std::string_view>& left_out_rules() {
  static const std::set<std::string_view> ids{"generic-api-key"};
  return ids;
}

RE2::Options options() {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);  // files are bytes
  options.set_log_errors(false);
  options.set_max_mem(kMemoryBytes);
  return options;
}

// Compiled when it is first asked for: most are never.
class Expression {
 public:
  explicit Expression(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const RE2& get() const {
    std::call_once(once_, [&] { compiled_ = std::make_unique<RE2>(text_, options()); });
    if (compiled_->ok()) return *compiled_;
    throw Error(ErrorCode::kInvalidData,
                "a rule for secrets: " + printable(text_, 200) + ": " + compiled_->error());
  }

 private:
  std::string text_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<RE2> compiled_;
};
using Expressions = std::vector<std::unique_ptr<Expression>>;

bool any_in(const Expressions& expressions, std::string_view text) {
  return std::any_of(expressions.begin(), expressions.end(), [&](const auto& each) {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), each->get());
  });
}

struct Found {
  std::string_view match;
  std::string_view secret;
  std::string_view line;
};

struct Allowlist {
  bool all = false;  // of what it names; else any
  std::string target = "secret";
  Expressions expressions;
  Expressions paths;
  std::vector<std::string> stopwords;  // lower case

  [[nodiscard]] bool allows(const Found& found, std::string_view path) const;
};

struct Rule {
  std::string id;
  std::string description;
  std::unique_ptr<Expression> expression;  // null: the path alone tells
  std::unique_ptr<Expression> path;        // null: any
  std::vector<Allowlist> allowlists;
  double entropy = 0;
  int group = 0;  // 0: the first that holds something
  bool binary = false;
  bool loose = false;
};

bool Allowlist::allows(const Found& found, std::string_view path) const {
  const std::string_view on = target == "match"  ? found.match
                              : target == "line" ? found.line
                                                 : found.secret;
  const std::string word = to_lower(found.secret);
  const bool stopped = std::any_of(stopwords.begin(), stopwords.end(), [&](const auto& each) {
    return word.find(each) != std::string::npos;
  });
  const bool matched = any_in(expressions, on);
  if (!all) return stopped || matched;
  return (paths.empty() || any_in(paths, path)) && (expressions.empty() || matched) &&
         (stopwords.empty() || stopped);
}

double entropy_of(std::string_view text) {
  std::array<size_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const size_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

Expressions expressions_of(const toml::table& table, const char* name) {
  Expressions all;
  if (const toml::array* list = table[name].as_array()) {
    for (const auto& each : *list) {
      if (const auto text = each.value<std::string>()) {
        all.push_back(std::make_unique<Expression>(*text));
      }
    }
  }
  return all;
}

Allowlist allowlist_of(const toml::table& table) {
  Allowlist list;
  list.all = table["condition"].value_or<std::string>("OR") == "AND";
  list.target = table["regexTarget"].value_or<std::string>("secret");
  list.expressions = expressions_of(table, "regexes");
  list.paths = expressions_of(table, "paths");
  if (const toml::array* words = table["stopwords"].as_array()) {
    for (const auto& each : *words)
      list.stopwords.push_back(to_lower(each.value_or<std::string>("")));
  }
  return list;
}

std::string_view line_at(std::string_view text, size_t at) {
  const size_t before = text.rfind('\n', at);
  const size_t begin = before == std::string_view::npos ? 0 : before + 1;
  return text.substr(begin, std::min(text.find('\n', at), text.size()) - begin);
}

std::string_view view_of(const re2::StringPiece& piece) { return {piece.data(), piece.size()}; }

}  // namespace

struct LeakRules::Parts {
  std::vector<std::unique_ptr<Rule>> rules;
  std::vector<Allowlist> allowlists;  // of the whole
  RE2::Set keywords{options(), RE2::UNANCHORED};
  std::vector<std::vector<size_t>> rules_of;  // of each keyword, by its number

  void add_rule(const toml::table& table, const std::string& name);
  // Which rules have a keyword in the text.
  [[nodiscard]] std::set<size_t> candidates(std::string_view text) const;
  [[nodiscard]] std::optional<size_t> find(const Rule& rule, std::string_view text,
                                           std::string_view path) const;
  [[nodiscard]] bool allowed(const Rule& rule, const Found& found, std::string_view path) const;
};

void LeakRules::Parts::add_rule(const toml::table& table, const std::string& name) {
  auto rule = std::make_unique<Rule>();
  rule->id = table["id"].value_or<std::string>("");
  if (rule->id.empty()) throw Error(ErrorCode::kInvalidData, name + ": a rule without id");
  if (left_out_rules().count(rule->id) != 0) return;
  rule->description = table["description"].value_or(rule->id);
  if (const auto text = table["regex"].value<std::string>()) {
    rule->expression = std::make_unique<Expression>(*text);
  }
  if (const auto text = table["path"].value<std::string>()) {
    rule->path = std::make_unique<Expression>(*text);
  }
  rule->entropy = table["entropy"].value_or(0.0);
  rule->group = static_cast<int>(table["secretGroup"].value_or<int64_t>(0));
  rule->binary = table["binary"].value_or(false);
  rule->loose = table["loose"].value_or(false);
  if (const toml::array* lists = table["allowlists"].as_array()) {
    for (const auto& each : *lists) {
      if (each.is_table()) rule->allowlists.push_back(allowlist_of(*each.as_table()));
    }
  }
  if (const toml::array* words = table["keywords"].as_array()) {
    for (const auto& each : *words) {
      const auto word = each.value<std::string>();
      if (!word) continue;
      const int number = keywords.Add("(?i)" + RE2::QuoteMeta(*word), nullptr);
      if (number < 0) throw Error(ErrorCode::kInvalidData, name + ": rule " + rule->id);
      rules_of.resize(static_cast<size_t>(number) + 1);
      rules_of.back().push_back(rules.size());
    }
  }
  rules.push_back(std::move(rule));
}

std::set<size_t> LeakRules::Parts::candidates(std::string_view text) const {
  std::set<size_t> found;
  std::vector<int> numbers;
  RE2::Set::ErrorInfo error{};
  if (!keywords.Match({text.data(), text.size()}, &numbers, &error) &&
      error.kind != RE2::Set::kNoError) {
    for (size_t i = 0; i < rules.size(); ++i) found.insert(i);
  }
  for (const int number : numbers) {
    const auto& of = rules_of[static_cast<size_t>(number)];
    found.insert(of.begin(), of.end());
  }
  return found;
}

bool LeakRules::Parts::allowed(const Rule& rule, const Found& found, std::string_view path) const {
  if (rule.entropy > 0 && entropy_of(found.secret) <= rule.entropy) return true;
  const auto allows = [&](const Allowlist& each) { return each.allows(found, path); };
  return std::any_of(allowlists.begin(), allowlists.end(), allows) ||
         std::any_of(rule.allowlists.begin(), rule.allowlists.end(), allows);
}

std::optional<size_t> LeakRules::Parts::find(const Rule& rule, std::string_view text,
                                             std::string_view path) const {
  if (rule.path && !RE2::PartialMatch({path.data(), path.size()}, rule.path->get())) {
    return std::nullopt;
  }
  const RE2& expression = rule.expression->get();
  const int groups = std::min(expression.NumberOfCapturingGroups() + 1, kGroupsMax);
  std::array<re2::StringPiece, kGroupsMax> group{};
  const re2::StringPiece whole(text.data(), text.size());
  size_t at = 0;
  for (size_t i = 0; i < kFindingsMax && at <= text.size(); ++i) {
    if (!expression.Match(whole, at, text.size(), RE2::UNANCHORED, group.data(), groups)) break;
    const size_t offset = static_cast<size_t>(group[0].data() - text.data());
    std::string_view secret = view_of(group[0]);
    const int first = rule.group > 0 ? rule.group : 1;
    for (int n = first; n < groups; ++n) {
      if (group[static_cast<size_t>(n)].empty()) continue;
      secret = view_of(group[static_cast<size_t>(n)]);
      break;
    }
    if (!allowed(rule, {view_of(group[0]), secret, line_at(text, offset)}, path)) {
      return static_cast<size_t>(secret.data() - text.data());
    }
    at = offset + std::max<size_t>(group[0].size(), 1);
  }
  return std::nullopt;
}

LeakRules::LeakRules(std::string_view toml, const std::string& name)
    : parts_(std::make_unique<Parts>()) {
  toml::table table;
  try {
    table = toml::parse(toml, name);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorCode::kInvalidData, name + ": line " +
                                             std::to_string(error.source().begin.line) + ": " +
                                             printable(error.description(), 300));
  }
  if (const toml::table* list = table["allowlist"].as_table()) {
    parts_->allowlists.push_back(allowlist_of(*list));
  }
  const toml::array* rules = table["rules"].as_array();
  if (rules == nullptr) throw Error(ErrorCode::kInvalidData, name + ": there are no rules in it");
  for (const auto& each : *rules) {
    if (each.is_table()) parts_->add_rule(*each.as_table(), name);
  }
  if (!parts_->keywords.Compile()) {
    throw Error(ErrorCode::kInvalidData, name + ": its keywords are too many");
  }
}

LeakRules::~LeakRules() = default;

void LeakRules::compile() const {
  for (const auto& rule : parts_->rules) {
    if (rule->expression) (void)rule->expression->get();
    if (rule->path) (void)rule->path->get();
    for (const Allowlist& list : rule->allowlists) (void)any_in(list.expressions, "");
  }
  (void)is_placeholder("");
}

size_t LeakRules::size() const { return parts_->rules.size(); }

std::optional<LeakFound> LeakRules::find(std::string_view text, TextKind kind,
                                         std::string_view path) const {
  for (const size_t number : parts_->candidates(text)) {
    const Rule& rule = *parts_->rules[number];
    if (rule.expression == nullptr || (kind == TextKind::kBinary && !rule.binary) ||
        (kind == TextKind::kRecording && rule.loose)) {
      continue;
    }
    if (const auto offset = parts_->find(rule, text, path)) {
      return LeakFound{rule.id, rule.description, *offset};
    }
  }
  return std::nullopt;
}

bool LeakRules::is_placeholder(std::string_view value) const {
  return std::any_of(parts_->allowlists.begin(), parts_->allowlists.end(),
                     [&](const Allowlist& each) { return any_in(each.expressions, value); });
}

const LeakRules& own_rules() {
  static const LeakRules rules(kOwnRulesToml, "key_forms.toml");
  return rules;
}

const LeakRules& gitleaks_rules() {
  static const LeakRules rules(kGitleaksToml, "gitleaks' rules");
  return rules;
}

}  // namespace recrank
