#include "serve_options.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include <t3api/core/url.hpp>
#include <t3api/native/socket.hpp>
#include <t3api/sandbox/data/draw.hpp>

#include "redis_address.hpp"

namespace {

bool is_loopback(const std::string& host) { return t3api::url{.host = host, .base_path = {}}.is_loopback(); }

/// Failed logins of one account; 0 lifts the limit of an address too, which is never the lower one.
void set_login_limit(unsigned most, t3api::sandbox::settings& into) {
  into.failed_logins_per_account = most;
  into.failed_logins_per_address = most == 0 ? 0 : (std::max)(most, into.failed_logins_per_address);
}

/// Reads one option, on which `given` stands; false when it is none of these.
bool read_option(arguments& given, serve_options& into) {
  const std::string& name = given.name();
  if (name == "--host") {
    into.host = given.value();
  } else if (name == "--port") {
    into.port = static_cast<std::uint16_t>(given.number(65535));
  } else if (name == "--name") {
    into.settings.names.push_back(given.value());
    if (into.settings.names.back().find_first_of(":/ ") != std::string::npos)
      throw usage_error("--name must be a name without a port, such as sandbox.example");
  } else if (name == "--proxy") {
    into.proxy = given.value();
    if (!t3api::detail::is_address(into.proxy))
      throw usage_error("--proxy must be an IP address, such as 127.0.0.1");
  } else if (name == "--tls-cert") {
    into.tls_certificate = given.value();
  } else if (name == "--tls-key") {
    into.tls_key = given.value();
  } else if (name == "--accounts") {
    into.accounts = given.value();
  } else if (name == "--jwt-ttl") {
    into.settings.jwt_ttl = given.duration();
  } else if (name == "--session-ttl") {
    into.settings.session_ttl = given.duration();
  } else if (name == "--rate-limit") {
    into.settings.requests_per_minute = static_cast<unsigned>(given.number(1'000'000'000));
  } else if (name == "--login-limit") {
    set_login_limit(static_cast<unsigned>(given.number(1'000'000'000)), into.settings);
  } else if (name == "--key-limit") {
    into.settings.secret_keys_per_user = static_cast<unsigned>(given.number(1'000'000'000));
  } else if (name == "--packages") {
    into.settings.packages = given.number(t3api::sandbox::ids_of_place);
  } else if (name == "--seed") {
    into.settings.seed = given.number((std::numeric_limits<std::uint64_t>::max)());
  } else if (name == "--faults") {
    into.settings.admin = true;
  } else if (name == "--redis") {
    into.redis = parse_redis_address(given.value());
  } else {
    return read_keeping_option(given, into.keeping);
  }
  return true;
}

}  // namespace

serve_options parse_serve_options(arguments given) {
  serve_options options;
  while (given.next()) {
    if (!read_option(given, options)) throw given.unknown();
  }
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    throw usage_error("--tls-cert and --tls-key belong together: give both or neither");
  }
  if (options.settings.admin && !is_loopback(options.host)) {
    throw usage_error(
        "--faults lets anybody who reaches the service break it, and --host lets other machines reach it: "
        "leave one out");
  }
  if (options.settings.admin && !options.proxy.empty()) {
    throw usage_error(
        "--faults lets anybody who reaches the service break it, and behind --proxy others reach it: "
        "leave one out");
  }
  options.settings.names.push_back(options.host);
  take_ring_text(options.keeping);
  if (!options.keeping.data.empty()) require_ring(options.keeping, "--data");
  if (options.redis) require_ring(options.keeping, "--redis");
  return options;
}
