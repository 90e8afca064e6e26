// The JSON that SwingSet keeps inside of strings: bodies of capdata, and values of a vat's store
// that hold capdata.
//
// {"body":"#[\"deposit\",[\"+5\"]]","slots":[]} is smallcaps, known by its '#'; without it, it is
// the older encoding with "@qclass". Both are JSON. Source: endo, packages/marshal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace recrank::agoric {

// Of "#X" the X, and of text that begins like an object or an array the text itself, whether it is
// JSON or not; nullopt for any other.
[[nodiscard]] std::optional<std::string> json_of_string(std::string_view text);

}  // namespace recrank::agoric
