// The single headers as another version, with other members: see other_version.py.
#include <t3api/t3api.hpp>
#include <t3api/t3api_sandbox.hpp>
#ifdef T3API_LINK_WITH_REDIS
#include <t3api/t3api_redis.hpp>
#endif
#ifdef T3API_LINK_WITH_SQLITE
#include <t3api/t3api_sandbox_sqlite.hpp>
#endif

#include "use.hpp"

std::string_view link_test::other_version() {
  t3api::sandbox::service service;
  return status_from(service) == 200 ? t3api::version_string : "no answer";
}

// A second one; that of multi.cpp is in a namespace of its own.
bool other_heavy_parts();
bool other_heavy_parts() { return link_test::make_heavy_parts(); }
