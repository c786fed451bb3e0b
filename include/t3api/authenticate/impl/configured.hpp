#ifndef T3API_AUTHENTICATE_IMPL_CONFIGURED_HPP
#define T3API_AUTHENTICATE_IMPL_CONFIGURED_HPP

#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <t3api/authenticate/arguments.hpp>
#include <t3api/authenticate/configured.hpp>
#include <t3api/authenticate/credential_chain.hpp>
#include <t3api/authenticate/login.hpp>
#include <t3api/core/url.hpp>
#include <t3api/detail/inline.hpp>
#include <t3api/environment.hpp>
#include <t3api/store/memory.hpp>

namespace t3api::inline v0_1_0 {

namespace detail {

/// Where the credentials go and how well that is made sure of; who has set it, if it is not the program; and
/// what there is to warn of.
inline std::string destination(const settings& chosen) {
  const auto set_by = [](std::string_view name, const std::optional<setting>& found) {
    const credential_part part{name, found};
    return found ? " (" + origins({&part}) + ")" : std::string();
  };
  std::string text =
      ", at " + parse_url(chosen.client.host).value().origin() + set_by("T3_API_HOST", chosen.host);
  if (chosen.client.tls.dangerously_accept_any_certificate)
    text += "; certificates are NOT checked" + set_by("VERIFY_SSL", chosen.verify_ssl);
  for (const auto& warning : chosen.warnings) text += "; " + warning;
  return text;
}

/// The first secret of a provider that does not come from the file; empty when there is none.
inline std::string secret_from_elsewhere(const credential_provider& provider) {
  for (const auto* part : provider.present()) {
    if (part->is_secret && !part->is_from(setting_place::file)) return origins({part});
  }
  return {};
}

inline login prepare_configured_login(const configured_arguments& given, const kept_answer& answer) {
  auto found = read_settings(environment::load(given.environment).value()).value();
  const credential_chain chain(find_credentials(given, found.credentials, found.rules), found.rules);
  const auto& provider = chain.choose(given.order, given.environment.file);
  auto chosen = settings_for(given, std::move(found), secret_from_elsewhere(provider));
  auto auth =
      chain.make_auth(provider, given.renew, given.store.value_or(memory_store()), destination(chosen));
  chosen.warnings = {auth.description()};
  return {make_client(std::move(auth), chosen), answer, given.stop};
}

inline constexpr login_method<configured_arguments> configured_login{
    "the T3 API login with what is configured", prepare_configured_login};

}  // namespace detail

T3API_INLINE authenticated_client get_authenticated_client_or_error(const configured_arguments& given) {
  return detail::log_in<authenticated_client>(detail::configured_login, given);
}

T3API_INLINE std::future<authenticated_client> get_authenticated_client_or_error_async(
    configured_arguments given) {
  return detail::log_in_async<authenticated_client>(detail::configured_login, given);
}

}  // namespace t3api::inline v0_1_0

#endif
