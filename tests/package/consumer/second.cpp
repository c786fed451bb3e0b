#include <t3api/t3api.hpp>

bool fails_without_settings() {
  try {
    (void)t3api::get_authenticated_client_or_error({.order = {}});
    return false;
  } catch (const t3api::authentication_error&) {
    return true;
  }
}
