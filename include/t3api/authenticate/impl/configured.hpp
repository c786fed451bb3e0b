#ifndef T3API_AUTHENTICATE_IMPL_CONFIGURED_HPP
#define T3API_AUTHENTICATE_IMPL_CONFIGURED_HPP

#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <t3api/authenticate/arguments.hpp>
#include <t3api/authenticate/configured.hpp>
#include <t3api/authenticate/ingredient.hpp>
#include <t3api/authenticate/login.hpp>
#include <t3api/authenticate/take_way_in.hpp>
#include <t3api/authenticate/way_in.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/detail/stop_token.hpp>
#include <t3api/environment.hpp>
#include <t3api/logging/call_log.hpp>
#include <t3api/store/memory.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

inline constexpr const char* configured_login = "the T3 API login with what is configured";

/// Where the credentials go and how well that is made sure of; who has set it, if it is not the program.
inline std::string destination(const configured_arguments& given, const environment& from,
                               const client_config& chosen) {
  const auto set_by = [&](std::string_view name) {
    const auto found = given.config ? std::nullopt : from.get(name);
    return found ? " (" + origins({take(name, {}, {}, found)}) + ")" : std::string();
  };
  const bool host_given = given.host && !given.host->empty();
  std::string text = ", at " + parse_url(chosen.host).value().origin();
  if (!host_given) text += set_by("T3_API_HOST");
  if (chosen.tls.dangerously_accept_any_certificate)
    text += "; certificates are NOT checked" + set_by("VERIFY_SSL");
  return text;
}

inline login prepare_login(const configured_arguments& given) {
  const auto from = environment::load(given.environment).value();
  auto found = read_settings(from).value();
  const auto candidates = ways_in(given, found.credentials, found.rules);
  const auto& taken = first_in_order(candidates, given.order, given.environment.file);
  const auto chosen = settings_for(given, std::move(found));
  auto auth = take_way_in(candidates, taken, chosen.rules, given.renew, given.store.value_or(memory_store()),
                          destination(given, from, chosen.client));
  tell(chosen.client.logging.on_notice, [&] { return std::string_view(auth.description()); });
  return {.client = make_client(std::move(auth), chosen), .stop = given.stop};
}

}  // namespace detail

T3API_INLINE authenticated_client get_authenticated_client_or_error(const configured_arguments& given) {
  return detail::log_in(
      detail::configured_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

T3API_INLINE std::future<authenticated_client> get_authenticated_client_or_error_async(
    configured_arguments given) {
  return detail::log_in_async(
      detail::configured_login, [&] { return detail::prepare_login(given); }, detail::client_of);
}

}  // namespace t3api::inline v0_1_0

#endif
