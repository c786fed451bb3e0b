#ifndef T3API_SANDBOX_ROUTES_AUTH_HPP
#define T3API_SANDBOX_ROUTES_AUTH_HPP

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <t3api/core/iso_time.hpp>
#include <t3api/core/response.hpp>
#include <t3api/detail/ascii.hpp>
#include <t3api/detail/base32.hpp>
#include <t3api/detail/uuid.hpp>
#include <t3api/sandbox/answer.hpp>
#include <t3api/sandbox/authenticate.hpp>
#include <t3api/sandbox/context.hpp>
#include <t3api/sandbox/identity.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/jwt.hpp>
#include <t3api/sandbox/keys/key_record.hpp>
#include <t3api/sandbox/limits/limits.hpp>
#include <t3api/sandbox/metrc/stored_credentials.hpp>
#include <t3api/sandbox/sessions/upstream_sessions.hpp>
#include <t3api/sandbox/states.hpp>

namespace t3api::inline v0_1_0::sandbox::routes {

/// The one answer to every wrong login, so that nobody learns which part was wrong.
inline refusal login_refused() {
  return unauthorized(
      "Metrc refused the login: check hostname, username and password, and the e-mail address (Colorado) or "
      "one-time "
      "password (Michigan), which works once");
}

inline refusal metrc_unavailable() {
  return {503, "Metrc does not answer logins at the moment: try again in 5 s", {{"Retry-After", "5"}}};
}

inline key_owner owner_of(const identity& who) {
  return {.hostname = who.session.user->hostname, .username = who.session.user->username};
}

/// The member `hostname`, in its canonical spelling. Throws `refusal` when it names no state's Metrc.
inline std::string hostname_member(const nlohmann::json& body) {
  auto hostname = canonical_hostname(required_text(body, "hostname"));
  if (!is_metrc_hostname(hostname)) {
    throw refusal(422,
                  "the member 'hostname' names no state's Metrc: give one that GET /v2/states lists, such as "
                  "ca.metrc.com");
  }
  return hostname;
}

template <metrc_upstream Metrc>
response token_answer(context<Metrc>& shared, std::string_view auth_mode, const metrc_session& session) {
  const auto ttl = shared.settings.jwt_ttl;
  const std::string name = detail::make_uuid();
  shared.cache->put("token/" + name, session.id, ttl + std::chrono::minutes(1));
  // Not when the request came: its login may have taken long.
  const auto claims = token_claims(auth_mode, session, name, shared.clock->wall_now(), ttl);
  return json_answer(
      200, {{"accessToken", sign_jwt(claims, shared.signing_key.reveal())}, {"expiresIn", ttl.count()}});
}

/// `POST /v2/auth/credentials`: a Metrc login for a token.
template <metrc_upstream Metrc>
response post_credentials(context<Metrc>& shared, const call& c) {
  const auto body = body_object(c);
  const metrc_login form{.hostname = hostname_member(body),
                         .username = required_text(body, "username"),
                         .password = required_text(body, "password"),
                         .otp = optional_text(body, "otp"),
                         .email = optional_text(body, "email")};
  login_attempt attempt(shared.limits, attempted_account(form.hostname, form.username), c.address, c.stop);
  const auto answer = log_in(*shared.metrc, form, c.stop);
  if (!answer.session && answer.refusal == metrc_refusal::unavailable) throw metrc_unavailable();
  if (!answer.session) throw attempt.failed(login_refused());
  shared.limits.count_request(*answer.session->user);
  return token_answer(shared, "CREDENTIALS", *answer.session);
}

/// `POST /v2/auth/apikey`: an API key for a token.
template <metrc_upstream Metrc>
response post_apikey(context<Metrc>& shared, const call& c) {
  const auto body = body_object(c);
  const std::string key = required_text(body, "apiKey");
  const auto where = find_state(required_text(body, "stateCode"));
  if (!where)
    throw refusal(422,
                  "the member 'stateCode' names no state: give one that GET /v2/states lists, such as CA");
  login_attempt attempt(shared.limits, attempted_api_key(key, where->abbreviation), c.address, c.stop);
  const auto* credentials = shared.api_keys.find(key, *where);
  if (!credentials)
    throw attempt.failed(
        unauthorized("the API key is not known for this state: check the key and the state code"));
  const auto kept = shared.sessions.session(
      shared.sessions.name_of(*credentials), {credentials->hostname, credentials->username},
      [&] { return *credentials; }, {}, c.stop);
  if (!kept.session && kept.retry_after.count() == 0)
    throw attempt.failed(
        unauthorized("Metrc no longer accepts the credentials behind the API key: ask T3 for a new one"));
  if (!kept.session) throw login_must_wait(kept);
  shared.limits.count_request(*kept.session->user);
  return token_answer(shared, "API_KEY", *kept.session);
}

template <metrc_upstream Metrc>
void refuse_too_many_keys(context<Metrc>& shared, const key_owner& owner) {
  const auto most = shared.settings.secret_keys_per_user;
  if (most == 0 || shared.secret_keys.of(owner).size() < most) return;
  throw refusal(409, "this user has " + std::to_string(most) +
                         " secret keys, which is as many as there may be: delete one with DELETE "
                         "/v2/auth/secretkey/<id>, which takes its id from GET /v2/auth/secretkey");
}

/// `POST /v2/auth/secretkey`: a Metrc login for a secret key, which is shown this once.
template <metrc_upstream Metrc>
response post_secretkey(context<Metrc>& shared, const call& c) {
  const auto body = body_object(c);
  const stored_credentials credentials{.hostname = hostname_member(body),
                                       .username = required_text(body, "username"),
                                       .password = required_text(body, "password"),
                                       .email = optional_text(body, "email"),
                                       .otp_seed = optional_text(body, "otpSeed")};
  if (!credentials.otp_seed.empty() && !detail::base32_decode(credentials.otp_seed.reveal())) {
    throw refusal(422,
                  "the member 'otpSeed' is not Base32: give the seed that the authenticator was set up with, "
                  "not a code");
  }
  login_attempt attempt(shared.limits, attempted_account(credentials.hostname, credentials.username),
                        c.address, c.stop);
  const auto login = shared.sessions.name_of(credentials);
  const auto kept = shared.sessions.fresh_session(login, credentials, c.stop);
  // That an account is locked would tell that there is one.
  const bool refused = kept.retry_after.count() == 0 || kept.refusal == metrc_refusal::locked;
  if (!kept.session && refused) throw attempt.failed(login_refused());
  if (!kept.session) throw login_must_wait(kept);
  shared.limits.count_request(*kept.session->user);
  refuse_too_many_keys(shared, {credentials.hostname, credentials.username});
  // A refusal that other keys of these credentials met before this moment says nothing of the new one.
  const secret key = shared.secret_keys.make(credentials, login, shared.clock->wall_now());
  return json_answer(200, {{"secretKey", std::string(key.reveal())}});
}

/// `GET /v2/auth/secretkey`: the caller's secret keys, the oldest first; never a key itself.
template <metrc_upstream Metrc>
response get_secretkeys(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  auto list = nlohmann::json::array();
  for (const auto& key : shared.secret_keys.of(owner_of(who))) {
    list.push_back(
        {{"id", key.id},
         {"createdAt", iso_time(key.created_at)},
         {"lastUsedAt", key.last_used_at ? nlohmann::json(iso_time(*key.last_used_at)) : nlohmann::json()},
         {"isEnabled", key.is_enabled}});
  }
  return json_answer(200, list);
}

/// `DELETE /v2/auth/secretkey/<id>`: ends one of the caller's secret keys. Nobody learns whether an id is
/// someone else's.
template <metrc_upstream Metrc>
response delete_secretkey(context<Metrc>& shared, const call& c) {
  const auto who = authenticate(shared, c);
  const std::string id = detail::to_lower(std::string_view(c.path).substr(c.path.rfind('/') + 1));
  if (!shared.secret_keys.erase(id, owner_of(who))) {
    throw refusal(404, "this user has no such secret key: GET /v2/auth/secretkey lists the ids");
  }
  return json_answer(200, {{"id", id}});
}

/// `GET /v2/auth/whoami`: what the token or key stands for.
template <metrc_upstream Metrc>
response get_whoami(context<Metrc>& shared, const call& c) {
  return json_answer(200, authenticate(shared, c).claims);
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
