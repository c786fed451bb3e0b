// What there is for Windows: the client, and the sandbox without its server, inside the program.
#include <t3api/sandbox/accounts.hpp>
#include <t3api/sandbox/service.hpp>
#include <t3api/t3api.hpp>

int main() {
  t3api::sandbox::service service;
  const auto answer = [&](const t3api::request& request) { return service.handle(request); };
  const t3api::client here{t3api::in_process_transport{answer}, t3api::api_key_auth("demo-api-key", "CA"),
                           t3api::exponential_backoff{}};
  const auto there = t3api::get_authenticated_client_or_error();
  return t3api::list_licenses(here) && t3api::list_licenses(there) ? 0 : 1;
}
