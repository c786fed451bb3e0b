#ifndef T3API_CORE_JSON_HPP
#define T3API_CORE_JSON_HPP

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <t3api/core/json_body.hpp>
#include <t3api/core/response.hpp>

namespace t3api::inline v0_1_0 {

/// The JSON value in `text` (RFC 8259). Nothing when it is no JSON in UTF-8, when a number is beyond double,
/// NaN or infinite, when it is nested deeper than `max_json_depth`, and when it would take more memory than
/// four times the text, or 256 MiB for a text up to 64 MiB: each `{}` takes some 80 bytes. An integer of more
/// than 64 bits becomes a double.
///
/// Half a surrogate pair (`\ud83d` alone) becomes U+FFFD, since UTF-8 cannot hold it. A byte order mark in
/// front is skipped. Of members with the same name the last one counts.
///
/// Throws std::bad_alloc for lack of memory.
std::optional<nlohmann::json> parse_json(std::string_view text);

/// A text member of an object; nothing when it is missing or no text.
std::optional<std::string> string_member(const nlohmann::json& object, const char* name);

namespace detail {

/// As `parse_json`; with `exact` an integer of more than 64 bits is an error too. The error's message says
/// what the text holds that cannot be read, and where: "bytes that are not UTF-8, at byte 71, in
/// /data/3/note". Bytes are counted from 1. Nothing of the text is shown but names of members.
result<nlohmann::json> read_json(std::string_view text, bool exact);

}  // namespace detail

}  // namespace t3api::inline v0_1_0

#if !defined(T3API_COMPILED) || defined(T3API_IMPLEMENTATION)
#include <t3api/core/impl/json.hpp>
#endif

#endif
