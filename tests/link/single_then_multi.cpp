#include <single_include/t3api/t3api.hpp>
#include <single_include/t3api/t3api_sandbox.hpp>
#ifdef T3API_LINK_WITH_REDIS
#include <single_include/t3api/t3api_redis.hpp>
#endif
#ifdef T3API_LINK_WITH_SQLITE
#include <single_include/t3api/t3api_sandbox_sqlite.hpp>
#endif

#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>
#ifdef T3API_LINK_WITH_REDIS
#include <t3api/store/redis.hpp>
#endif
#ifdef T3API_LINK_WITH_SQLITE
#include <t3api/sandbox/keys/sqlite_database.hpp>
#endif

namespace link_test {
std::string_view single_then_multi();
}

std::string_view link_test::single_then_multi() { return t3api::version_string; }
