#ifndef T3API_SANDBOX_AUTHENTICATE_HPP
#define T3API_SANDBOX_AUTHENTICATE_HPP

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/core/json.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/context.hpp>
#include <t3api/sandbox/identity.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/jwt.hpp>
#include <t3api/sandbox/keys/database.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/keys/secret_keys.hpp>

namespace t3api::inline v0_1_0::sandbox {

/// The answer when there is no Metrc session to be had for kept credentials at the moment.
inline refusal login_must_wait(const kept_session& kept) {
  const std::string wait = std::to_string(kept.retry_after.count());
  const std::string why =
      kept.refusal == metrc_refusal::otp_used
          ? "Metrc accepts each one-time password once, and those of the present 30 seconds are used"
      : kept.refusal == metrc_refusal::locked ? "Metrc has locked the account for now"
                                              : "Metrc does not answer logins at the moment";
  return {503, why + ": try again in " + wait + " s", {{"Retry-After", wait}}};
}

/// Who presents this token. Throws `refusal`: the token is bad or has expired, or the Metrc session behind it
/// has ended, which its owner must mend by exchanging the credentials again.
template <metrc_upstream Metrc>
identity bearer_identity(context<Metrc>& shared, std::string_view token, wall_time now) {
  auto claims = verify_jwt(token, shared.signing_key.reveal(), now);
  if (!claims) throw unauthorized(claims.error().message);
  const std::string name = "token/" + string_member(*claims, "sid").value_or("");
  auto id = shared.cache->nearby(name);
  if (!id) id = shared.cache->shared(name);
  auto session = id ? shared.metrc->find_session(*id) : std::nullopt;
  if (!session || session->user->hostname != string_member(*claims, "hostname") ||
      session->user->username != string_member(*claims, "username")) {
    throw unauthorized("the Metrc session behind the bearer token has ended: exchange the credentials again");
  }
  claims->erase("sid");
  return {.session = *std::move(session), .claims = *std::move(claims)};
}

namespace authenticate_detail {

/// Notes that the key is of no use any more. When that cannot be written down the key is refused all the
/// same, and for 30 s nobody waits for the database because of it again.
template <metrc_upstream Metrc>
void disable(context<Metrc>& shared, const key_record& key, wall_time refused_at) {
  const std::string tried = "disabling/" + key.login;
  if (shared.cache->nearby(tried)) return;
  shared.cache->put_near(tried, "tried", std::chrono::seconds(30));
  try {
    shared.secret_keys.disable(key, refused_at);
    shared.cache->put_near(tried, "", std::chrono::seconds(0));
  } catch (const database_error& failure) {
    shared.trouble(failure.what(), shared.clock->now());
  }
}

}  // namespace authenticate_detail

/// Who presents a secret key, after a new Metrc login when the last session has ended. Throws `refusal`; when
/// `stop` asks to stop while it waits, 503.
template <metrc_upstream Metrc>
identity secret_key_identity(context<Metrc>& shared, const key_record& key, const stop_token& stop) {
  const auto no_longer_accepted = [] {
    return unauthorized(
        "Metrc no longer accepts the credentials behind the secret key, as when a password was changed: make "
        "a new key");
  };
  if (!key.is_enabled) throw no_longer_accepted();
  const auto credentials = [&] {
    auto opened = shared.secret_keys.credentials(key);
    if (!opened)
      throw unauthorized("the secret key was deleted: make a new one with POST /v2/auth/secretkey");
    return *std::move(opened);
  };
  auto kept = shared.sessions.session(key.login, key.owner, credentials, key.created_at, stop);
  if (!kept.session && kept.retry_after.count() == 0) {
    // Only what Metrc said to this very process ends the key for good.
    if (kept.refused_at) authenticate_detail::disable(shared, key, *kept.refused_at);
    throw no_longer_accepted();
  }
  if (!kept.session) throw login_must_wait(kept);
  auto claims = account_claims("SECRET_KEY", *kept.session->user);
  return {.session = *std::move(kept.session), .claims = std::move(claims)};
}

namespace authenticate_detail {

inline std::optional<std::string_view> only_header(const call& c, std::string_view name) {
  std::optional<std::string_view> value;
  for (const auto& [given, text] : c.headers) {
    if (!detail::iequals(given, name)) continue;
    if (value) throw refusal(400, "the header " + std::string(name) + " is there twice: send it once");
    value = detail::trim(text);
  }
  return value;
}

inline std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (!detail::iequals(authorization.substr(0, scheme.size()), scheme)) {
    throw unauthorized("the header Authorization must be: Bearer <token>");
  }
  return detail::trim(authorization.substr(scheme.size()));
}

}  // namespace authenticate_detail

/// Who makes a call: `Authorization: Bearer <token>`, `X-T3-API-Key: <secret key>` or `?secretKey=<secret
/// key>`. A call that uses several of them must get each right, and all must stand for one account: what is
/// wrong or contradicts another is an error of the caller that must not be hidden. Only a call that gets in
/// counts as a use of its keys. Throws `refusal`.
template <metrc_upstream Metrc>
identity authenticate(context<Metrc>& shared, const call& c) {
  std::optional<identity> who;
  const auto admit = [&](identity found) {
    if (who && !who->same_account(found)) {
      throw refusal(400,
                    "the request authenticates as two different accounts: send one token or one secret key");
    }
    if (!who) who = std::move(found);
  };
  if (const auto header = authenticate_detail::only_header(c, "Authorization")) {
    admit(bearer_identity(shared, authenticate_detail::bearer_token(*header), c.now));
  }
  std::vector<key_record> keys;
  for (const auto& given :
       {authenticate_detail::only_header(c, "X-T3-API-Key"), query_value(c, "secretKey")}) {
    if (!given) continue;
    auto key = shared.secret_keys.find(*given);
    if (!key) throw unauthorized("the secret key is not known here: make one with POST /v2/auth/secretkey");
    admit(secret_key_identity(shared, *key, c.stop));
    keys.push_back(*std::move(key));
  }
  if (!who) {
    throw unauthorized(
        "the request is not authenticated: send Authorization: Bearer <token>, or X-T3-API-Key: <secret "
        "key>");
  }
  shared.limits.count_request(*who->session.user);
  for (const auto& key : keys) shared.secret_keys.used(key, c.now);
  return *std::move(who);
}

}  // namespace t3api::inline v0_1_0::sandbox

#endif
