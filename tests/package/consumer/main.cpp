// One part at a time: each must bring all that it needs.
#if defined(CONSUMER_WITH_REDIS)
#include <t3api/store/redis.hpp>

t3api::redis_store make_store() { return t3api::redis_store({.key = t3api::secret(std::string(32, 'k'))}); }

int main() { return 0; }

#elif defined(CONSUMER_WITH_SQLITE)
#include <t3api/sandbox/keys/sqlite_database.hpp>

std::shared_ptr<t3api::sandbox::key_database> open_keys() {
  return t3api::sandbox::sqlite_key_database::open("data");
}

int main() { return 0; }

#elif defined(CONSUMER_WITH_SANDBOX)
#include <t3api/sandbox.hpp>

int main() {
  t3api::sandbox::service service;
  return service.handle({.path = "/v2/licenses"}).status == 401 ? 0 : 1;
}

#elif defined(CONSUMER_WITH_COMPILED)
#include <t3api/t3api.hpp>

bool fails_without_settings();

#ifdef CPPHTTPLIB_HTTPLIB_H
#error "t3api::compiled keeps cpp-httplib out of the files that use it"
#endif

int main() {
  const t3api::authenticated_client client =
      t3api::create_jwt_authenticated_client({.jwt_token = t3api::secret("e.e.e")});
  return t3api::list_licenses(client, {.timeout = std::chrono::milliseconds(0)}) || !fails_without_settings()
             ? 1
             : 0;
}

#else
#include <t3api/t3api.hpp>

int main() { return t3api::version_string.empty() ? 1 : 0; }
#endif
