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

#else
#include <t3api/t3api.hpp>

int main() { return t3api::version_string.empty() ? 1 : 0; }
#endif
