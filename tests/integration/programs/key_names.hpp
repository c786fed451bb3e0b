#ifndef T3API_TESTS_INTEGRATION_PROGRAMS_KEY_NAMES_HPP
#define T3API_TESTS_INTEGRATION_PROGRAMS_KEY_NAMES_HPP

#include <chrono>
#include <string>

#include <t3api/core/clock.hpp>
#include <t3api/sandbox/keys/key_record.hpp>

namespace t3api::test {

// The key records that a test and the program key_writer both know by their names.

inline const sandbox::key_owner key_test_owner{.hostname = "ca.metrc.com", .username = "ann"};
inline const wall_time key_test_noon = wall_time(std::chrono::seconds(1'715'947'200));
inline const sandbox::sealed_credentials renewed_credentials{.ring_id = "k2", .bytes = std::string(300, 'r')};

inline sandbox::key_record key_named(const std::string& name) {
  return {.id = "id-" + name,
          .key_hash = "hash of " + name,
          .owner = key_test_owner,
          .login = "login of ann",
          .created_at = key_test_noon,
          .credentials = {.ring_id = "k1", .bytes = "sealed for " + name + std::string(300, 's')}};
}

}  // namespace t3api::test

#endif
