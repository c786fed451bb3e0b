#include <t3api/t3api.hpp>

#ifdef CONSUMER_WITH_REDIS
#include <t3api/store/redis.hpp>

t3api::redis_store make_store() { return t3api::redis_store({.key = t3api::secret(std::string(32, 'k'))}); }
#endif

int main() { return t3api::version_string.empty() ? 1 : 0; }
