// What a model's provider answered, put together from the next request of the same conversation.
//
// A server that keeps a journal of its requests keeps no responses. But each request repeats the
// whole conversation: what the next one holds behind the messages of this one is what the provider
// said. Content only: how the stream was cut into pieces, its usage figures and ids are gone.
// Format: docs/formats/app-journal.md, "As a recording"
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace recrank::program {

// `request` and `next` are bodies of chat completions. A response as a journal has it
// (docs/formats/journal.md); nullopt: `next` does not go on where `request` ends, or one of them
// has another form.
[[nodiscard]] std::optional<std::string> rebuild_chat_response(std::string_view request,
                                                               std::string_view next);

// The text of the last message of a user; nullopt: there is none. As JSON: what its "content" is.
[[nodiscard]] std::optional<std::string> last_user_message(std::string_view request);

}  // namespace recrank::program
