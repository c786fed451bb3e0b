#ifndef T3API_SANDBOX_ROUTES_PAGES_HPP
#define T3API_SANDBOX_ROUTES_PAGES_HPP

#include <t3api/core/response.hpp>
#include <t3api/sandbox/context.hpp>
#include <t3api/sandbox/input.hpp>
#include <t3api/sandbox/pages/secret_key_page.hpp>

namespace t3api::inline v0_1_0::sandbox::routes {

/// `GET` and `HEAD /v2/pages/secret-key`: the page of secret keys, the same for everyone; it changes nothing.
template <metrc_upstream Metrc>
response get_secret_key_page(context<Metrc>&, const call&) {
  return pages::secret_key_page();
}

}  // namespace t3api::inline v0_1_0::sandbox::routes

#endif
