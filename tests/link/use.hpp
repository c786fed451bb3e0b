// What each file of the program does with the library, which it has included in its own way.
#include <string>
#include <string_view>

namespace link_test {

// In single.cpp: what the service of multi.cpp says to a client there.
int single(t3api::sandbox::service& service);

// In the files of these names: the version.
std::string_view multi_then_single();
std::string_view single_then_multi();

// In other_version.cpp: its version, if its service answers.
std::string_view other_version();

// Made, but not run: what has most of the code.
bool use_heavy_parts();

namespace {

[[maybe_unused]] int status_from(t3api::sandbox::service& service) {
  const t3api::client client{
      t3api::in_process_transport([&](const t3api::request& asked) { return service.handle(asked); }),
      t3api::api_key_auth{"demo-api-key", "CA"}};
  const auto answer = client.get("/v2/auth/whoami");
  return answer ? answer->status : answer.error().status;
}

[[maybe_unused]] bool make_heavy_parts() {
  t3api::sandbox::service service;
  t3api::sandbox::http_server server([&](const t3api::request& asked) { return service.handle(asked); });
  server.start();
#ifdef T3API_LINK_WITH_REDIS
  if (t3api::redis_store({.host = "127.0.0.1", .key = std::string(32, 'k')}).erase("name")) return false;
#endif
#ifdef T3API_LINK_WITH_SQLITE
  t3api::sandbox::sqlite_key_database::open("keys");
#endif
  return t3api::get_authenticated_client_or_error({.host = server.url()}).get("/").has_value();
}

}  // namespace
}  // namespace link_test
