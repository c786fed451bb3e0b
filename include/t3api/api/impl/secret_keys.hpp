#ifndef T3API_API_IMPL_SECRET_KEYS_HPP
#define T3API_API_IMPL_SECRET_KEYS_HPP

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <t3api/any_client.hpp>
#include <t3api/api/secret_key_url.hpp>
#include <t3api/api/secret_keys.hpp>
#include <t3api/api/shapes.hpp>
#include <t3api/auth/checks.hpp>
#include <t3api/auth/credentials.hpp>
#include <t3api/core/iso_time.hpp>
#include <t3api/core/json.hpp>
#include <t3api/core/service_error.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/percent.hpp>
#include <t3api/detail/wipe.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

inline constexpr const char* secret_keys_path = "/v2/auth/secretkey";

inline std::optional<utc_milliseconds> time_member(const nlohmann::json& object, const char* name) {
  const auto text = string_member(object, name);
  return text ? parse_iso_time(*text) : std::nullopt;
}

/// Nothing when a member is missing or wrong. `lastUsedAt` must be there to be believed: a key that only
/// looks as if it was never used might be deleted as a dormant one.
inline std::optional<secret_key_info> read_secret_key_info(const nlohmann::json& row) {
  const auto id = string_member(row, "id");
  const auto created_at = time_member(row, "createdAt");
  if (!id || id->empty() || !created_at) return std::nullopt;
  const auto last_used = row.find("lastUsedAt"), enabled = row.find("isEnabled");
  if (last_used == row.end() || enabled == row.end() || !enabled->is_boolean()) return std::nullopt;
  const auto last_used_at = time_member(row, "lastUsedAt");
  if (!last_used_at && !last_used->is_null()) return std::nullopt;
  return secret_key_info{
      .id = *id, .created_at = *created_at, .last_used_at = last_used_at, .is_enabled = enabled->get<bool>()};
}

/// Takes the key out of the answer and overwrites what the answer held of it.
inline result<secret> take_secret_key(response answer) {
  result<nlohmann::json> body = answer.json();
  wipe(answer.body);
  if (!body) return body.error();
  const auto found = body->is_object() ? body->find("secretKey") : body->end();
  if (found == body->end() || !found->is_string() || found->get_ref<const std::string&>().empty()) {
    return unexpected_shape(secret_keys_path, "an object with a secretKey");
  }
  return secret(std::move(found->get_ref<std::string&>()));
}

}  // namespace detail

T3API_INLINE result<secret> create_secret_key(const any_client& via, const credentials& user,
                                              const call_options& options, const state_rules& rules) {
  try {
    detail::require_valid(user, rules);
  } catch (const std::invalid_argument& fault) {
    return argument_error(fault.what());
  }
  if (rules.needs_otp(user.hostname) && user.otp_seed.empty()) {
    return argument_error(
        "a secret key for this hostname needs the seed of the one-time passwords (otp_seed), since the "
        "service "
        "logs in again by itself");
  }
  auto answer = via.send(
      detail::credentials_request(detail::secret_keys_path, user, "otpSeed", user.otp_seed), options);
  if (!answer) {
    for (const secret& value : {user.password, user.otp_seed}) redact(answer.error(), value.reveal());
    return answer.error();
  }
  return detail::take_secret_key(*std::move(answer));
}

T3API_INLINE result<std::vector<secret_key_info>> list_secret_keys(const any_client& via,
                                                                   const call_options& options) {
  const std::string path = detail::secret_keys_path;
  const auto answer = via.get(path, {}, options);
  if (!answer) return answer.error();
  const result<nlohmann::json> body = answer->json();
  if (!body) return body.error();
  if (!body->is_array()) return detail::unexpected_shape(path, "a list");
  std::vector<secret_key_info> keys;
  for (const auto& row : *body) {
    auto key = detail::read_secret_key_info(row);
    if (!key) {
      return detail::unexpected_shape(
          path, "a list of objects with id, createdAt, lastUsedAt (null or a time) and isEnabled");
    }
    keys.push_back(*std::move(key));
  }
  return keys;
}

T3API_INLINE result<std::monostate> delete_secret_key(const any_client& via, const std::string& id,
                                                      const call_options& options) {
  try {
    detail::require_text(id, "id of the secret key");
  } catch (const std::invalid_argument& fault) {
    return argument_error(fault.what());
  }
  if (id.find_first_of("/\\") != id.npos || id == "." || id == "..") {
    return argument_error("the id of the secret key is no id but a path: list_secret_keys() gives the ids");
  }
  std::string path = std::string(detail::secret_keys_path) + "/";
  detail::append_percent_encoded(path, id);
  auto answer = via.del(std::move(path), options);
  if (answer) return std::monostate{};
  error& cause = answer.error();
  if (cause.status == 404) {
    cause.message = cause.maybe_done
                        ? "the service knows no such secret key of this user: an earlier attempt of this "
                          "call, whose outcome is unknown, may "
                          "have deleted it"
                        : "the service knows no such secret key of this user, or has deleted it already: "
                          "list_secret_keys() gives the ids";
  }
  redact(cause, id);  // Someone may have given the key in the place of its id.
  return cause;
}

}  // namespace t3api::inline v0_1_0

#endif
