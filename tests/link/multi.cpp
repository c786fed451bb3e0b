#include <t3api/sandbox.hpp>
#include <t3api/t3api.hpp>
#ifdef T3API_LINK_WITH_REDIS
#include <t3api/store/redis.hpp>
#endif
#ifdef T3API_LINK_WITH_SQLITE
#include <t3api/sandbox/keys/sqlite_database.hpp>
#endif

#include <cstdio>

#include "use.hpp"

bool link_test::use_heavy_parts() { return make_heavy_parts(); }

int main() {
  t3api::sandbox::service service;
  const int status = link_test::status_from(service);
  const int single_status = link_test::single(service);
  const auto other_version = link_test::other_version();
  std::printf("%d %d %s\n", status, single_status, std::string(other_version).c_str());
  return status == 200 && single_status == 200 && link_test::multi_then_single() == t3api::version_string &&
                 link_test::single_then_multi() == t3api::version_string && other_version == "0.9.0"
             ? 0
             : 1;
}
