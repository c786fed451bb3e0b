// What the packages are tried with: compiled code of every library that a package brings.
#include <t3api/t3api.hpp>

#ifdef WITH_REDIS
#include <t3api/store/redis.hpp>

t3api::redis_store make_store() { return t3api::redis_store({.key = t3api::secret(std::string(32, 'k'))}); }
#endif

#ifdef WITH_SQLITE
#include <t3api/sandbox/keys/sqlite_database.hpp>

std::shared_ptr<t3api::sandbox::key_database> open_keys() {
  return t3api::sandbox::sqlite_key_database::open("data");
}
#endif

int main() {
  const t3api::client client{t3api::bearer_auth{"token"}};
  const auto answer = client.get("no path");
  return !answer && answer.error().category == t3api::error_category::argument ? 0 : 1;
}
