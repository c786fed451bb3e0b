#include <t3api/t3api.hpp>

#ifdef CONSUMER_WITH_REDIS
#include <t3api/store/redis.hpp>

t3api::redis_store make_store() { return t3api::redis_store({.key = t3api::secret(std::string(32, 'k'))}); }
#endif

#ifdef CONSUMER_WITH_SQLITE
#include <t3api/sandbox/keys/sqlite_database.hpp>

std::shared_ptr<t3api::sandbox::key_database> open_keys() {
  return t3api::sandbox::sqlite_key_database::open("data");
}
#endif

int main() { return t3api::version_string.empty() ? 1 : 0; }
