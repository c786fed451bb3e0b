#ifndef T3API_SANDBOX_INPUT_HPP
#define T3API_SANDBOX_INPUT_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <t3api/core/clock.hpp>
#include <t3api/core/headers.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/request.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/http/memory_budget.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// A longer request body is refused with 413.
inline constexpr std::size_t max_body_bytes = 1U << 20U;

/// The same for logins, which anybody may send, and for orders to the sandbox.
inline constexpr std::size_t max_small_body_bytes = 16U << 10U;

/// The same for a body with more JSON values: read, they take many times the memory that their text does.
inline constexpr std::size_t max_json_values = 100'000;

/// How long the body of a request to that path may be, in bytes; `otherwise` where no path has less.
inline std::size_t most_body_bytes(std::string_view path, std::size_t otherwise = max_body_bytes) noexcept {
  const bool short_ones = path.starts_with("/v2/auth/") || path.starts_with("/sandbox/");
  return short_ones && max_small_body_bytes < otherwise ? max_small_body_bytes : otherwise;
}

/// One request, checked and taken apart. It refers to the request it came from.
struct call {
  t3api::method method;
  std::string path;
  query_params query;
  const t3api::headers& headers;
  const std::string& body;
  wall_time now;
  std::string_view address{};      ///< Of the caller; empty when there is none.
  std::string request_id{};        ///< What the answer has as `X-Request-Id`.
  stop_token stop{};               ///< Asked to stop when nobody waits for the answer any longer.
  memory_share* memory = nullptr;  ///< What the request may take; null for no limit.
};

/// The only value of a query parameter, or nothing when it is not there. Throws `refusal` when it is there
/// twice.
inline std::optional<std::string_view> query_value(const call& c, std::string_view name) {
  std::optional<std::string_view> value;
  for (const auto& [given, text] : c.query) {
    if (given != name) continue;
    if (value)
      throw refusal(400, "the query parameter '" + std::string(name) + "' is there twice: give it once");
    value = text;
  }
  return value;
}

/// A whole number from `least` to `most`, `otherwise` when it is not there. Throws `refusal`.
inline std::uint64_t query_number(const call& c, std::string_view name, std::uint64_t otherwise,
                                  std::uint64_t least, std::uint64_t most) {
  const auto text = query_value(c, name);
  if (!text) return otherwise;
  const auto number = detail::parse_decimal(*text);
  if (!number || *number < least || *number > most) {
    throw refusal(400, "the query parameter '" + std::string(name) + "' must be a whole number from " +
                           std::to_string(least) + " to " + std::to_string(most));
  }
  return *number;
}

/// `true` or `false`, false when it is not there. Throws `refusal`.
inline bool query_flag(const call& c, std::string_view name) {
  const auto text = query_value(c, name);
  if (!text || detail::iequals(*text, "false")) return false;
  if (detail::iequals(*text, "true")) return true;
  throw refusal(400, "the query parameter '" + std::string(name) + "' must be true or false");
}

/// How many values a text that is JSON can hold at most. An empty list or object counts as two.
inline std::size_t count_json_values(std::string_view text) noexcept {
  std::size_t values = 1;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_text && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_text = !in_text;
    } else if (!in_text && (text[i] == ',' || text[i] == '[' || text[i] == '{')) {
      ++values;
    }
  }
  return values;
}

/// Whether there is a header Content-Type that names that media type, with whatever parameters; if there are
/// several, all must.
inline bool has_media_type(const headers& fields, std::string_view wanted) {
  bool right = false;
  for (const auto& [name, value] : fields) {
    if (!detail::iequals(name, "Content-Type")) continue;
    right = detail::iequals(detail::trim(std::string_view(value).substr(0, value.find(';'))), wanted);
    if (!right) return false;
  }
  return right;
}

/// Refuses what does not come as JSON: a web page of another site can send anything else without being asked
/// whether it may. A request of the program itself, which has no Host, may leave the type out unless it is
/// `always` needed. Throws `refusal`.
inline void require_json(const headers& fields, bool always = false) {
  if (!always && !fields.contains("Host") && !fields.contains("Content-Type")) return;
  if (has_media_type(fields, "application/json")) return;
  throw refusal(415, "the body must be JSON: send it with Content-Type: application/json");
}

/// The request body, which must be JSON. What its values will take is counted before it is read. Throws
/// `refusal`, which shows nothing of it.
inline nlohmann::json body_json(const call& c) {
  require_json(c.headers);
  constexpr std::size_t bytes_of_value = 128;  // As a member of an object with the other things it needs.
  const auto values = count_json_values(c.body);
  if (values > max_json_values) {
    throw refusal(413, "the body holds more than " + std::to_string(max_json_values) +
                           " JSON values: send it in several requests");
  }
  if (c.memory) c.memory->take(values * bytes_of_value + c.body.size());
  auto body = parse_json(c.body);
  if (!body) {
    throw refusal(400, "the body must be valid JSON in UTF-8, nested at most " +
                           std::to_string(max_json_depth) + " deep");
  }
  return *std::move(body);
}

/// The request body, which must be a JSON object. Throws `refusal`, which shows nothing of it.
inline nlohmann::json body_object(const call& c) {
  auto body = body_json(c);
  if (!body.is_object()) throw refusal(400, "the body must be a JSON object, in braces");
  return body;
}

/// A text member; empty when it is missing or null. Throws `refusal`, which names the member and never its
/// value.
inline std::string optional_text(const nlohmann::json& body, const char* name) {
  constexpr std::size_t longest = 1024;
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return {};
  if (!found->is_string())
    throw refusal(422, "the member '" + std::string(name) + "' must be a text, in quotes");
  auto text = found->get<std::string>();
  if (text.size() > longest) {
    throw refusal(422, "the member '" + std::string(name) + "' must be at most " + std::to_string(longest) +
                           " bytes long");
  }
  return text;
}

/// A text member that must be there and not be empty. Throws `refusal`.
inline std::string required_text(const nlohmann::json& body, const char* name) {
  auto text = optional_text(body, name);
  if (text.empty()) throw refusal(422, "the member '" + std::string(name) + "' is missing or empty");
  return text;
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
