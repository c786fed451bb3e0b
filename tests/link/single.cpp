#include <t3api/t3api.hpp>
#include <t3api/t3api_sandbox.hpp>
#ifdef T3API_LINK_WITH_REDIS
#include <t3api/t3api_redis.hpp>
#endif
#ifdef T3API_LINK_WITH_SQLITE
#include <t3api/t3api_sandbox_sqlite.hpp>
#endif

#include "use.hpp"

int link_test::single(t3api::sandbox::service& service) { return status_from(service); }
