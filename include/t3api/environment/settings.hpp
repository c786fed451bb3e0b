#ifndef T3API_ENVIRONMENT_SETTINGS_HPP
#define T3API_ENVIRONMENT_SETTINGS_HPP

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <t3api/auth/state_rules.hpp>
#include <t3api/core/client_config.hpp>
#include <t3api/core/result.hpp>
#include <t3api/environment/environment.hpp>
#include <t3api/environment/setting_reader.hpp>
#include <t3api/retry/exponential_backoff.hpp>

namespace t3api::inline v0_1_0 {

/// What is set of the ways in, unchecked: the auth methods check it.
struct configured_credentials {
  std::optional<setting> hostname{};    ///< METRC_HOSTNAME
  std::optional<setting> username{};    ///< METRC_USERNAME
  std::optional<setting> password{};    ///< METRC_PASSWORD
  std::optional<setting> email{};       ///< METRC_EMAIL
  std::optional<setting> otp_seed{};    ///< OTP_SEED
  std::optional<setting> jwt{};         ///< JWT_TOKEN
  std::optional<setting> api_key{};     ///< API_KEY
  std::optional<setting> state_code{};  ///< API_STATE_CODE
  std::optional<setting> secret_key{};  ///< T3_SECRET_KEY
};

/// What is to be logged of the traffic, and where.
struct log_settings {
  bool http = false;       ///< T3_LOG_HTTP: requests and answers at all.
  bool headers = false;    ///< T3_LOG_HEADERS
  bool body = false;       ///< T3_LOG_BODY
  std::string file{};      ///< T3_LOG_FILE; empty when not set.
  std::string named_by{};  ///< The path of the dotenv file that T3_LOG_FILE stands in; else empty.
};

/// The settings of a T3 client as the environment gives them.
struct settings {
  client_config client{};                ///< Of `client`.
  backoff_options retry{};               ///< Of `exponential_backoff`.
  state_rules rules{};                   ///< Of `credentials_auth`.
  log_settings log{};                    ///< Of `logging_hooks::from_env`.
  configured_credentials credentials{};  ///< What there is to log in with.
  std::optional<setting> host{};         ///< T3_API_HOST
  std::optional<setting> verify_ssl{};   ///< VERIFY_SSL
  /// Sentences for people, such as that others may read the file with the secrets.
  std::vector<std::string> warnings{};
};

namespace detail {

/// Says who else may use a file with secrets; empty when nobody may, or there are none.
inline std::string exposure_of(const dotenv& file) {
  constexpr std::array secrets = {"T3_SECRET_KEY", "JWT_TOKEN", "API_KEY", "METRC_PASSWORD", "OTP_SEED"};
  const bool holds_secrets = std::any_of(secrets.begin(), secrets.end(),
                                         [&](const char* name) { return file.find(name) != nullptr; });
  if (!holds_secrets || file.access == file_access::owner) return {};
  if (file.access == file_access::others_read)
    return "others may read " + file.name() + ", which holds secrets: run chmod 600 on it";
  return "others may change " + file.name() +
         ", which holds secrets, and with it where they are sent: make it your own and run chmod 600 on it";
}

}  // namespace detail

/// Puts what the environment sets over `base` and `retry`; the rest of both stays:
///
/// - T3_API_HOST; HTTP_TIMEOUT, which is the read time-out too unless that is set, HTTP_CONNECT_TIMEOUT and
///   HTTP_READ_TIMEOUT in seconds, above 0, up to a day; VERIFY_SSL, which when false sets
///   `tls_options::dangerously_accept_any_certificate`
/// - RETRY_MAX_ATTEMPTS from 1 to 100; RETRY_BACKOFF_FACTOR as `backoff_options::base` (a cap below it is
///   raised to it) and RETRY_MIN_WAIT in seconds, from 0 to an hour
/// - MAX_WORKERS from 1 to 1,000 as `client_config::async_threads`; BATCH_SIZE from 1 to 100,000
/// - RATE_LIMIT_RPS, requests a second, above 0, up to 10,000, and with it RATE_LIMIT_BURST from 1 to 100,000
/// - OTP_WHITELIST and EMAIL_WHITELIST, host names with commas between them, as `state_rules`
/// - those named at the members of `settings`
///
/// Switches are 1/0, true/false, yes/no or on/off. The first malformed value is an `argument` error that
/// names key and place and says what would be right. A value of the environment that stands in quotes is one
/// too.
inline result<settings> read_settings(const environment& from, client_config base = {},
                                      backoff_options retry = {}) {
  constexpr std::uint64_t day = 86'400;
  constexpr std::uint64_t hour = 3'600;
  settings all{.client = std::move(base), .retry = std::move(retry)};
  detail::setting_reader reader(from);

  reader.address("T3_API_HOST", all.client.host);
  if (reader.seconds("HTTP_TIMEOUT", all.client.timeout, day, false)) {
    all.client.read_timeout = all.client.timeout;
  }
  reader.seconds("HTTP_CONNECT_TIMEOUT", all.client.connect_timeout, day, false);
  reader.seconds("HTTP_READ_TIMEOUT", all.client.read_timeout, day, false);
  bool verify = !all.client.tls.dangerously_accept_any_certificate;
  reader.flag("VERIFY_SSL", verify);
  all.client.tls.dangerously_accept_any_certificate = !verify;

  reader.count("RETRY_MAX_ATTEMPTS", all.retry.max_attempts, 100);
  if (reader.seconds("RETRY_BACKOFF_FACTOR", all.retry.base, hour, true)) {
    all.retry.cap = (std::max)(all.retry.cap, all.retry.base);
  }
  reader.seconds("RETRY_MIN_WAIT", all.retry.min_wait, hour, true);

  reader.count("MAX_WORKERS", all.client.async_threads, 1'000);
  reader.count("BATCH_SIZE", all.client.batch_size, 100'000);
  rate_limit limit = all.client.rate_limit.value_or(rate_limit{});
  const bool limited = reader.rate("RATE_LIMIT_RPS", limit.per_second, 10'000);
  reader.count("RATE_LIMIT_BURST", limit.burst, 100'000);
  if (limited || all.client.rate_limit) all.client.rate_limit = limit;
  reader.hosts("OTP_WHITELIST", all.rules.otp_hostnames);
  reader.hosts("EMAIL_WHITELIST", all.rules.email_hostnames);

  reader.flag("T3_LOG_HTTP", all.log.http);
  reader.flag("T3_LOG_HEADERS", all.log.headers);
  reader.flag("T3_LOG_BODY", all.log.body);
  reader.path("T3_LOG_FILE", all.log.file);
  if (const auto log_file = from.get("T3_LOG_FILE"); log_file && log_file->place == setting_place::file) {
    all.log.named_by = from.path();
  }

  all.credentials = {.hostname = reader.credential("METRC_HOSTNAME"),
                     .username = reader.credential("METRC_USERNAME"),
                     .password = reader.credential("METRC_PASSWORD"),
                     .email = reader.credential("METRC_EMAIL"),
                     .otp_seed = reader.credential("OTP_SEED"),
                     .jwt = reader.credential("JWT_TOKEN"),
                     .api_key = reader.credential("API_KEY"),
                     .state_code = reader.credential("API_STATE_CODE"),
                     .secret_key = reader.credential("T3_SECRET_KEY")};
  if (reader.problem()) return *reader.problem();

  all.host = from.get("T3_API_HOST");
  all.verify_ssl = from.get("VERIFY_SSL");
  if (auto warning = detail::exposure_of(from.file()); !warning.empty())
    all.warnings.push_back(std::move(warning));
  return all;
}

}  // namespace t3api::inline v0_1_0

#endif
